package io.weir.cli;

import io.weir.load.Quantity;
import io.weir.relay.exchange.ConnectionCost;
import io.weir.relay.exchange.LinkNeeds;
import io.weir.relay.exchange.MemorySettings;
import io.weir.relay.loop.LoopGroup;
import io.weir.server.MemoryChoice;
import io.weir.server.MemoryNeeds;
import io.weir.server.MemoryPlan;
import io.weir.server.PlanException;
import io.weir.server.PlanText;
import io.weir.server.SystemLimits;
import java.util.Locale;

/** The options of {@code serve} that say how much memory there is, and the plan they become. */
final class MemoryOptions {
  private static final int CONNECTIONS_MAX = 1_000_000;
  private static final long MEMORY_BYTES_MAX = 1L << 50;

  private MemoryOptions() {}

  static void add(Options options) {
    options
        .value(
            "--memory",
            "SIZE",
            "All that Weir may be charged for, kernel and JVM included (default: half of the"
                + " cgroup's limit, or 256m where there is none).")
        .value(
            "--max-connections",
            "N",
            "Clients at once; more are refused with 503 (default: as many as the memory takes).")
        .flag(
            "--reset-stalled",
            "Where a request finds no memory: reset the flow that holds the most of those that"
                + " stood still for 5s, rather than refuse.")
        .flag("--explain-memory", "Show what becomes of the memory, and exit.");
  }

  /** What the plan is for, as far as other options say so. */
  record Shape(
      boolean raw,
      boolean tlsClients,
      boolean tlsOrigin,
      int idleOrigins,
      int listeners,
      LinkNeeds links) {}

  /** The shape that the options give; neither --to nor --resource need be there. */
  static Shape shape(Given given, int threads, int listeners) throws UsageException {
    boolean raw = !given.has("--no-native") && LoopGroup.rawAvailable();
    int idle = given.count("--origin-idle", 0, CONNECTIONS_MAX);
    // Connections that many exchanges share are paid from the budget, each when it is made.
    int idleOrigins =
        given.has("--origin-http2") ? 0 : (int) Math.min((long) idle * threads, Integer.MAX_VALUE);
    boolean https = isHttps(given);
    LinkNeeds links =
        LinkNeeds.of(raw, https, clientsSpeakHttp2(given), given.has("--origin-http2"), threads);
    return new Shape(raw, given.has("--tls-cert"), https, idleOrigins, listeners, links);
  }

  /** Not where there are tunnels and nothing else. */
  private static boolean clientsSpeakHttp2(Given given) {
    boolean tunnels = given.has("--tcp") || given.has("--sni");
    boolean http = given.has("--to") || given.has("--resource") || given.has("--forward");
    return !given.has("--no-http2") && (http || !tunnels);
  }

  private static boolean isHttps(Given given) {
    String url = given.text("--to") == null ? given.text("--resource") : given.text("--to");
    return url != null && url.toLowerCase(Locale.ROOT).startsWith("https:");
  }

  static MemoryPlan plan(Given given, Shape shape, SystemLimits system) throws UsageException {
    MemoryNeeds needs = needs(given, shape, system);
    try {
      return MemoryPlan.of(choice(given, needs).bytes(), needs);
    } catch (PlanException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /** What the plan and the options say of the relay's connections. */
  static MemorySettings settings(Given given, MemoryPlan plan) {
    MemorySettings settings = plan.settings();
    return given.has("--reset-stalled")
        ? settings.resettingStalled(MemorySettings.STALLED_MILLIS)
        : settings;
  }

  /** What {@code --explain-memory} prints. */
  static String explain(Given given, Shape shape, SystemLimits system) throws UsageException {
    MemoryNeeds needs = needs(given, shape, system);
    try {
      MemoryChoice choice = choice(given, needs);
      return PlanText.table(MemoryPlan.of(choice.bytes(), needs), choice.source());
    } catch (PlanException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private static MemoryNeeds needs(Given given, Shape shape, SystemLimits system)
      throws UsageException {
    int asked =
        given.has("--max-connections") ? given.count("--max-connections", 1, CONNECTIONS_MAX) : 0;
    return new MemoryNeeds(
        system,
        ConnectionCost.of(shape.raw(), shape.tlsClients(), shape.tlsOrigin()),
        shape.raw() ? 0 : 2,
        (shape.tlsClients() ? 1 : 0) + (shape.tlsOrigin() ? 1 : 0),
        shape.idleOrigins(),
        shape.listeners(),
        shape.links(),
        asked);
  }

  private static MemoryChoice choice(Given given, MemoryNeeds needs)
      throws UsageException, PlanException {
    SystemLimits system = needs.system();
    if (given.has("--memory")) {
      long bytes = given.number("--memory", Quantity::bytes, 1, MEMORY_BYTES_MAX, "1", "1024t");
      return MemoryChoice.asked(bytes, system);
    }
    return MemoryChoice.usual(system, MemoryPlan.leastBytes(needs));
  }
}

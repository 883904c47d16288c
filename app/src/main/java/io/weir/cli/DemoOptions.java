package io.weir.cli;

import io.weir.demo.DemoSettings;
import io.weir.load.Quantity;
import io.weir.server.ListenAddress;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import io.weir.server.SystemLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** The options of {@code demo}. */
final class DemoOptions {
  private static final int READERS_MAX = 100_000;
  private static final int SECONDS_MAX = 365 * 86_400;

  /** Connections beside the readers', for whoever tries what the demo proposes. */
  private static final int GUESTS = 8;

  private DemoOptions() {}

  static Options all() {
    return new Options(
            "demo",
            "weir demo [OPTION...]",
            "An endless disk image passes through the relay to slow readers: watch the resident set.")
        .value("--seconds", "N", "End after so many seconds (default: at Ctrl-C).")
        .value("--readers", "N", "1000", "Slow readers.")
        .value("--rate", "SIZE", "20k", "What each of them takes in a second.")
        .value("--fast", "N", "2", "Readers that take all they get.")
        .value("--listen", "[HOST:]PORT", "3001", "Where the relay listens.")
        .value("--memory", "SIZE", "All that the relay may be charged for (default: as of serve).");
  }

  static DemoSettings read(Given given) throws UsageException {
    given.number("--rate", Quantity::bytes, 1, Integer.MAX_VALUE, "1", "2g");
    String rate = given.texts("--rate").getFirst();
    return new DemoSettings(
        given.count("--readers", 0, READERS_MAX),
        rate,
        given.count("--fast", 0, READERS_MAX),
        given.has("--seconds") ? given.count("--seconds", 1, SECONDS_MAX) : 0);
  }

  /** An address that readers on this machine reach as 127.0.0.1. */
  static String listen(Given given) throws UsageException {
    String text = given.texts("--listen").getFirst();
    ListenAddress address;
    try {
      address = ListenAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--listen", e);
    }
    InetSocketAddress socket = address.sockets().getFirst();
    InetAddress ip = socket.getAddress();
    if (!ip.isAnyLocalAddress() && !ip.getHostAddress().equals("127.0.0.1")) {
      throw new UsageException(
          "--listen: the demo's readers come to 127.0.0.1, so give "
              + socket.getPort()
              + " or 0.0.0.0:"
              + socket.getPort());
    }
    return text;
  }

  /** Refuses what the relay would refuse, before anything is started. */
  static void check(Given given, SystemLimits system) throws UsageException, StartException {
    serve(given, "http://127.0.0.1:1/", system);
  }

  /** What {@code serve} would make of the same. */
  static ServeSettings relay(Given given, String url, SystemLimits system) throws StartException {
    try {
      return serve(given, url, system);
    } catch (UsageException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private static ServeSettings serve(Given given, String url, SystemLimits system)
      throws UsageException, StartException {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("serve", "--resource", url, "--listen", listen(given)));
    if (given.has("--memory")) {
      words.addAll(List.of("--memory", given.texts("--memory").getFirst()));
    }
    ServeSettings settings = ServeOptions.read(readAsServe(words), system);
    DemoSettings demo = read(given);
    long readers = (long) demo.readers() + demo.fast();
    if (readers + GUESTS <= settings.plan().connectionsMax()) {
      return settings;
    }
    // Fewer would be refused with 503: let the plan say what is missing.
    words.addAll(List.of("--max-connections", Long.toString(readers + GUESTS)));
    return ServeOptions.read(readAsServe(words), system);
  }

  private static Given readAsServe(List<String> words) throws UsageException {
    return ServeOptions.all().read(words.toArray(new String[0]));
  }
}

package io.weir.cli;

import io.weir.load.Quantity;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.exchange.ForwardSettings;
import io.weir.relay.exchange.MemorySettings;
import io.weir.relay.exchange.RelaySettings;
import io.weir.relay.exchange.ServerSettings;
import io.weir.relay.exchange.Timeouts;
import io.weir.relay.exchange.TrustedProxies;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.UpstreamPolicy;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.tls.ServerTls;
import io.weir.server.AccessLogTarget;
import io.weir.server.ListenAddress;
import io.weir.server.MemoryPlan;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import io.weir.server.SystemLimits;
import io.weir.server.TunnelAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The options of {@code serve}: what they are called, and what they become. */
final class ServeOptions {
  private static final String DEFAULT_LISTEN = "127.0.0.1:3001";

  /** A head is parsed in the loop's scratch space, which is this large. */
  private static final long HEAD_BYTES_MAX = 64 * 1024;

  private static final int DNS_PORT = 53;
  private static final int THREADS_MAX = 1024;
  private static final int CONNECTIONS_MAX = 1_000_000;
  private static final String NEVER_MORE = "2g";

  private ServeOptions() {}

  static Options all() {
    Options options =
        new Options(
            "serve",
            "weir serve (--to URL | --resource URL | --forward | --tcp ... | --sni ...) [OPTION...]",
            "Relays HTTP/1.1, HTTP/2 and raw TCP, reading no faster than the reader drains.",
            "Sizes: 64k, 256m, 1g (binary). Times: 500ms, 30s, 5m, 1h.");
    origin(options);
    ForwardOptions.add(options);
    TunnelOptions.add(options);
    listener(options);
    times(options);
    limits(options);
    MemoryOptions.add(options);
    fields(options);
    log(options);
    return options;
  }

  private static void origin(Options options) {
    options
        .value("--to", "URL", "Origin: the request's path and query are appended to this URL.")
        .value("--resource", "URL", "Every GET or HEAD, whatever its path, gets this one resource.")
        .flag(
            "--origin-http2",
            "Speak HTTP/2 to the origin: agreed in TLS (ALPN) with https, without asking with http.")
        .value("--resolver", "ADDRESS[:PORT]", "DNS server to ask instead of the system's.");
    TlsOptions.addOrigin(options);
  }

  private static void listener(Options options) {
    options.values(
        "--listen",
        "[HOST:]PORT",
        "Where to listen: 3001, 0.0.0.0:3001, [::]:3001, or a name for all its addresses"
            + " (default: "
            + DEFAULT_LISTEN
            + ").");
    TlsOptions.addListener(options);
    options.value(
        "--admin",
        "[HOST:]PORT",
        "127.0.0.1:3002",
        "Where the live page is (/), and /healthz, /readyz, /flows, /memory, /metrics.");
    AdminOptions.add(options);
    options
        .value("--threads", "N", "Event loops (default: one for each core).")
        .flag("--no-http2", "Take HTTP/1.1 alone: no HTTP/2, by ALPN or by prior knowledge.")
        .flag("--no-native", "Sockets by NIO, not by epoll and system calls of our own.")
        .flag("--no-splice", "Bodies by copying, not through pipes of the kernel.")
        .flag("--quiet", "Without the line of each second on standard output.")
        .value(
            "--drain",
            "TIME",
            "30s",
            "After SIGTERM or Ctrl-C: how long what runs may go on before it is cut.");
  }

  private static void times(Options options) {
    options
        .value("--connect-timeout", "TIME", "5s", "To connect to the origin, TLS included.")
        .value("--header-timeout", "TIME", "10s", "For a request's head to arrive.")
        .value("--keep-alive-timeout", "TIME", "75s", "For a client's next request.")
        .value("--first-byte-timeout", "TIME", "60s", "For the origin's response to begin.")
        .value("--idle-timeout", "TIME", "60s", "Between two reads of a body.")
        .value("--send-timeout", "TIME", "60s", "For a receiver to take a byte while bytes wait.")
        .value("--tunnel-timeout", "TIME", "1h", "For a byte either way in a tunnel.")
        .value("--origin-idle-timeout", "TIME", "30s", "How long an idle connection is kept.");
  }

  private static void limits(Options options) {
    options
        .value("--max-head", "SIZE", "32k", "Longest head of a message, 64k at most.")
        .value("--max-target", "SIZE", "8k", "Longest request target.")
        .value("--max-fields", "N", "100", "Most header fields of a message.")
        .value("--max-body", "SIZE", "0", "Longest request body; 0 is no limit.")
        .value(
            "--origin-idle",
            "N",
            "64",
            "Idle connections to the origin each loop keeps; under load more of them, for 250 ms.")
        .value(
            "--origin-connections", "N", "0", "Connections to the origin per loop; 0 is no limit.");
  }

  private static void fields(Options options) {
    options
        .flag("--preserve-host", "Send the client's Host, not the origin's.")
        .flag("--no-x-forwarded", "Send no X-Forwarded-For, -Proto and -Host.")
        .flag("--forwarded", "Send Forwarded (RFC 7239).")
        .flag("--no-via", "Add no Via.")
        .values(
            "--trusted-proxy",
            "CIDR",
            "Append to the X-Forwarded fields of these peers; those of others are replaced.");
    ProxyProtocolOptions.add(options);
  }

  private static void log(Options options) {
    options
        .value(
            "--access-log",
            "FILE",
            "Write a line for each exchange; - is standard output. SIGHUP opens the file anew.")
        .value("--access-log-format", "WHICH", "combined", "common, combined or json.");
  }

  /**
   * Reads what was given.
   *
   * @throws UsageException if it makes no sense
   * @throws StartException if it does, but a file or library that it names cannot be used
   */
  static ServeSettings read(Given given, SystemLimits system)
      throws UsageException, StartException {
    List<ListenAddress> listen = listen(given);
    ListenAddress admin =
        given.has("--no-admin") ? null : address("--admin", given.texts("--admin").getFirst());
    ServerTls.Settings tls = TlsOptions.readListener(given);
    ServerSettings server = server(given);
    Main main = main(given, listen);
    List<TunnelAddress> tunnels =
        TunnelOptions.read(given, originSettings(given, null), ProxyProtocolOptions.sent(given));
    TrustedProxies proxies = ProxyProtocolOptions.proxies(given);
    AccessLogTarget log = accessLog(given);
    int drainMillis = given.millis("--drain", 0);
    // Last: it is about all of the above.
    MemoryPlan plan = MemoryOptions.plan(given, shape(given, listen, tunnels), system);
    return new ServeSettings(
        listen,
        plainListen(given),
        admin,
        AdminOptions.read(given, admin, System.getenv(AdminOptions.TOKEN_VARIABLE)),
        server.withMemory(MemoryOptions.settings(given, plan)),
        main.relay(),
        main.forward(),
        tls,
        !given.has("--no-http2"),
        tunnels,
        proxies,
        log,
        drainMillis,
        text(main, tunnels),
        plan);
  }

  /** What the listening addresses serve: one of the two. */
  private record Main(
      @Nullable RelaySettings relay, @Nullable ForwardSettings forward, String text) {}

  private static Main main(Given given, List<ListenAddress> listen)
      throws UsageException, StartException {
    List<ListenAddress> exposed = new ArrayList<>(listen);
    exposed.addAll(plainListen(given));
    ForwardSettings forward =
        ForwardOptions.read(given, exposed, originSettings(given, null), maxBody(given));
    if (forward != null) {
      return new Main(null, forward, ForwardOptions.text(given));
    }
    if (!hasMain(given)) {
      return new Main(null, null, "");
    }
    boolean resource = given.has("--resource");
    Origin origin = origin(given, resource ? "--resource" : "--to");
    RelaySettings relay =
        new RelaySettings(
            origin,
            originSettings(given, TlsOptions.read(given, origin)),
            upstream(given, origin, resource),
            resource,
            maxBody(given),
            trusted(given),
            ProxyProtocolOptions.sent(given));
    return new Main(relay, null, (resource ? "the resource " : "to ") + origin);
  }

  /** Whether requests are taken: with tunnels alone there is nothing to answer them. */
  private static boolean hasMain(Given given) {
    boolean named = given.has("--to") || given.has("--resource") || given.has("--forward");
    return named || !TunnelOptions.given(given);
  }

  private static String text(Main main, List<TunnelAddress> tunnels) {
    StringBuilder text = new StringBuilder(main.text());
    for (TunnelAddress tunnel : tunnels) {
      text.append(text.isEmpty() ? "" : ", ").append(tunnel.text());
    }
    return text.toString();
  }

  /** What {@code --explain-memory} prints. */
  static String explainMemory(Given given, SystemLimits system) throws UsageException {
    List<TunnelAddress> tunnels = TunnelOptions.read(given, originSettings(given, null), null);
    return MemoryOptions.explain(given, shape(given, listen(given), tunnels), system);
  }

  private static MemoryOptions.Shape shape(
      Given given, List<ListenAddress> listen, List<TunnelAddress> tunnels) throws UsageException {
    int listeners = 0;
    for (TunnelAddress tunnel : tunnels) {
      listeners += tunnel.address().sockets().size();
    }
    for (ListenAddress address : listen) {
      listeners += address.sockets().size();
    }
    for (ListenAddress address : plainListen(given)) {
      listeners += address.sockets().size();
    }
    return MemoryOptions.shape(given, threads(given), listeners);
  }

  private static Origin origin(Given given, String name) throws UsageException {
    if (given.has("--to") == given.has("--resource")) {
      throw new UsageException(
          given.has("--to")
              ? "--to and --resource exclude each other: give one of them"
              : "give --to URL (the origin), --resource URL (the one resource to serve), --forward,"
                  + " --tcp or --sni");
    }
    String url = given.texts(name).getFirst();
    try {
      Origin origin = Origin.parse(url);
      if (name.equals("--to") && origin.target().indexOf('?') >= 0) {
        throw new UsageException(
            "--to: '" + url + "' has a query, to which no path can be appended; use --resource?");
      }
      return origin;
    } catch (IllegalArgumentException e) {
      throw Given.complaint(name, e);
    }
  }

  private static ServerSettings server(Given given) throws UsageException {
    HeadLimits heads =
        new HeadLimits(
            (int) given.number("--max-head", Quantity::bytes, 1, HEAD_BYTES_MAX, "1", "64k"),
            (int) given.number("--max-target", Quantity::bytes, 1, HEAD_BYTES_MAX, "1", "64k"),
            given.count("--max-fields", 1, (int) HEAD_BYTES_MAX));
    Timeouts timeouts =
        new Timeouts(
            given.millis("--header-timeout", 1),
            given.millis("--keep-alive-timeout", 1),
            given.millis("--first-byte-timeout", 1),
            given.millis("--idle-timeout", 1),
            given.millis("--send-timeout", 1),
            given.millis("--tunnel-timeout", 1));
    return new ServerSettings(
        "relay",
        threads(given),
        !given.has("--no-native"),
        !given.has("--no-splice"),
        heads,
        timeouts,
        !given.has("--no-via"),
        MemorySettings.UNBOUNDED,
        null);
  }

  private static int threads(Given given) throws UsageException {
    return given.has("--threads")
        ? given.count("--threads", 1, THREADS_MAX)
        : Runtime.getRuntime().availableProcessors();
  }

  private static OriginSettings originSettings(Given given, Connector.@Nullable Tls tls)
      throws UsageException {
    return new OriginSettings(
        given.millis("--connect-timeout", 1),
        given.millis("--origin-idle-timeout", 1),
        given.count("--origin-idle", 0, CONNECTIONS_MAX),
        given.count("--origin-connections", 0, CONNECTIONS_MAX),
        given.has("--origin-http2"),
        tls,
        resolver(given));
  }

  private static UpstreamPolicy upstream(Given given, Origin origin, boolean resource) {
    String target = origin.target();
    String base = target.endsWith("/") ? target.substring(0, target.length() - 1) : target;
    return new UpstreamPolicy(
        bytes(origin.authority()),
        resource ? new byte[0] : bytes(base),
        resource ? bytes(target) : null,
        given.has("--preserve-host"),
        !given.has("--no-x-forwarded"),
        given.has("--forwarded"),
        !given.has("--no-via"));
  }

  private static byte[] bytes(String ascii) {
    return ascii.getBytes(StandardCharsets.US_ASCII);
  }

  private static long maxBody(Given given) throws UsageException {
    long bytes = given.number("--max-body", Quantity::bytes, 0, Long.MAX_VALUE, "0", NEVER_MORE);
    return bytes == 0 ? -1 : bytes;
  }

  private static TrustedProxies trusted(Given given) throws UsageException {
    List<String> ranges = given.texts("--trusted-proxy");
    try {
      return ranges.isEmpty() ? TrustedProxies.NONE : TrustedProxies.of(ranges);
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--trusted-proxy", e);
    }
  }

  private static List<ListenAddress> listen(Given given) throws UsageException {
    ArrayList<ListenAddress> addresses = new ArrayList<>();
    for (String text : given.texts("--listen")) {
      addresses.add(address("--listen", text));
    }
    if (!hasMain(given) && !addresses.isEmpty()) {
      throw new UsageException(
          "--listen is where requests come in: give --to, --resource or --forward, too");
    }
    if (addresses.isEmpty() && hasMain(given)) {
      addresses.add(ListenAddress.parse(DEFAULT_LISTEN));
    }
    return addresses;
  }

  private static List<ListenAddress> plainListen(Given given) throws UsageException {
    ArrayList<ListenAddress> addresses = new ArrayList<>();
    for (String text : given.texts("--plain-listen")) {
      addresses.add(address("--plain-listen", text));
    }
    return addresses;
  }

  private static ListenAddress address(String name, String text) throws UsageException {
    try {
      return ListenAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw Given.complaint(name, e);
    }
  }

  /** An address, not a name: who would look the name up? */
  private static @Nullable InetSocketAddress resolver(Given given) throws UsageException {
    String text = given.text("--resolver");
    if (text == null) {
      return null;
    }
    try {
      return new InetSocketAddress(InetAddress.ofLiteral(text), DNS_PORT);
    } catch (IllegalArgumentException e) {
      return resolverWithPort(text);
    }
  }

  private static InetSocketAddress resolverWithPort(String text) throws UsageException {
    int colon = text.lastIndexOf(':');
    try {
      String host = text.substring(0, Math.max(colon, 0));
      int port = Integer.parseInt(text.substring(colon + 1));
      boolean bracketed = host.startsWith("[") && host.endsWith("]");
      if (port > 0 && (bracketed || host.indexOf(':') < 0)) {
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        return new InetSocketAddress(InetAddress.ofLiteral(bare), port);
      }
    } catch (IllegalArgumentException e) {
      throw wrongResolver(text);
    }
    throw wrongResolver(text);
  }

  private static UsageException wrongResolver(String text) {
    return new UsageException(
        "--resolver: '" + text + "' is not ADDRESS[:PORT], such as 9.9.9.9 or [2620:fe::fe]:53");
  }

  private static @Nullable AccessLogTarget accessLog(Given given) throws UsageException {
    String format = given.word("--access-log-format", "common", "combined", "json");
    String file = given.text("--access-log");
    if (file == null) {
      return null;
    }
    if (file.isEmpty()) {
      throw new UsageException("--access-log: give a file, or - for standard output");
    }
    return new AccessLogTarget(
        file, AccessLogTarget.Format.valueOf(format.toUpperCase(Locale.ROOT)));
  }
}

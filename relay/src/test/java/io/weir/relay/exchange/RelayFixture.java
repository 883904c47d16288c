package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.endpoint.LiveBuffers;
import io.weir.relay.endpoint.NarrowSockets;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.UpstreamPolicy;
import io.weir.relay.loop.Faults;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import io.weir.relay.tls.ServerTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A relay in this process for one test, with real sockets. {@link #close} checks that nothing is
 * left: no connection, no exchange, no lease, no descriptor, no buffer, no fault of ours.
 */
final class RelayFixture implements AutoCloseable {
  /** Longest wait for a condition; a test that needs it fails. */
  static final long PATIENCE_MILLIS = Integer.getInteger("weir.patience.millis", 20_000);

  /** SO_SNDBUF of the relay's sockets that makes for partial writes. */
  static final int NARROW_BYTES = 4096;

  /**
   * SO_RCVBUF of a peer beside it. Smaller, the kernel would drop segments of loopback for want of
   * room, and send them again after seconds.
   */
  static final int NARROW_RECEIVE_BYTES = 16 * 1024;

  private final Faults faults = new Faults();
  private final NettyWarnings warnings = NettyWarnings.collect();
  private final List<ExchangeEnd> ends = new CopyOnWriteArrayList<>();
  private final long descriptorsBefore;
  private final long buffersBefore;
  private final HttpServer server;
  private final InetSocketAddress address;

  private RelayFixture(Builder builder) throws IOException {
    new ServerSocket().close(); // the JDK keeps a socket of its own from the first one on
    descriptorsBefore = descriptors();
    buffersBefore = LiveBuffers.count();
    ServerSettings settings =
        new ServerSettings(
            "test",
            builder.threads,
            builder.raw,
            builder.limits,
            builder.timeouts,
            true,
            ends::add);
    if (!builder.splice) {
      settings = settings.withoutSplice();
    }
    settings = settings.withMemory(builder.memory);
    Function<OriginSettings, EntrySettings> entry = builder.entry;
    EntrySettings main =
        entry == null
            ? EntrySettings.relay(builder.relay()).http2(true)
            : entry.apply(builder.originSettings());
    server = HttpServer.serving(settings, main.within(builder.serverTls), faults);
    address = server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    if (builder.narrow) {
      NarrowSockets.sendBuffers(NARROW_BYTES);
    }
  }

  static Builder to(int originPort) {
    return to("http://127.0.0.1:" + originPort);
  }

  /** A way in that is not that of a reverse proxy. */
  static Builder serving(Function<OriginSettings, EntrySettings> entry) {
    Builder builder = new Builder(Origin.parse("http://unused.invalid"));
    builder.entry = entry;
    return builder;
  }

  static Builder to(String url) {
    return new Builder(Origin.parse(url));
  }

  int port() {
    return address.getPort();
  }

  HttpServer server() {
    return server;
  }

  RawClient client() throws IOException {
    return RawClient.connect(port());
  }

  /** A client with a receive buffer so small that the relay's writes to it are cut everywhere. */
  RawClient narrowClient() throws IOException {
    return RawClient.connect(address, NARROW_RECEIVE_BYTES, RawClient.TIME_LIMIT_MILLIS);
  }

  Totals totals() {
    return server.totals();
  }

  /** Exchanges that are over, in the order of their ends. */
  List<ExchangeEnd> ends() {
    return ends;
  }

  /** Waits until {@code count} exchanges are over and returns the last of them. */
  ExchangeEnd awaitEnd(int count) {
    await(() -> ends.size() >= count, count + " exchanges over; there are " + ends.size());
    return ends.get(count - 1);
  }

  /** Waits until {@code reason} has been counted {@code count} times. */
  void awaitFailure(Reason reason, long count) {
    await(() -> totals().failures(reason) >= count, reason + " counted " + count + " times");
  }

  /** Waits until no exchange is under way. */
  void awaitIdle() {
    await(() -> totals().openExchanges() == 0, "no open exchange");
  }

  /** Polls until {@code condition} holds; fails, naming it, after {@link #PATIENCE_MILLIS}. */
  static void await(BooleanSupplier condition, String what) {
    long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("waited in vain for: " + what).isNegative();
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }

  @Override
  public void close() throws IOException {
    server.drain();
    int cut = server.cut();
    Totals left = server.totals();
    server.close();
    warnings.close();
    assertThat(warnings.seen()).as("warnings").isEmpty();
    assertThat(faults.total()).as("faults of ours").isZero();
    assertThat(cut).as("exchanges still under way at the end of the test").isZero();
    assertThat(left.openConnections()).as("client connections left").isZero();
    assertThat(left.openExchanges()).as("exchanges left").isZero();
    assertThat(left.openFlows()).as("flows left").isZero();
    assertThat(server.heldInPipesBytes()).as("bytes left in pipes").isZero();
    assertThat(server.leased().leasedBytes()).as("bytes still leased").isZero();
    assertThat(server.leased().unprovenBytes()).as("bytes of unproven flows").isZero();
    assertThat(server.leased().leasedBytesMax())
        .as("the most that was leased")
        .isLessThanOrEqualTo(server.leased().budgetBytes());
    await(() -> LiveBuffers.count() <= buffersBefore, "no live buffer of this test");
    await(() -> descriptors() <= descriptorsBefore, "descriptors back at " + descriptorsBefore);
  }

  /** Open sockets and pipes of this process; other descriptors are the JVM's and come and go. */
  private static long descriptors() {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(RelayFixture::isOurs).count();
    } catch (IOException e) {
      return 0; // no /proc: not checked here
    }
  }

  private static boolean isOurs(Path fd) {
    try {
      String name = Files.readSymbolicLink(fd).toString();
      return name.startsWith("socket:") || name.startsWith("pipe:");
    } catch (IOException e) {
      return false;
    }
  }

  /** What a test wants different from the defaults. */
  static final class Builder {
    private final Origin origin;
    private int threads = 2;
    private boolean raw = true;
    private boolean narrow;
    private boolean splice = true;
    private MemorySettings memory = MemorySettings.UNBOUNDED;
    private HeadLimits limits = HeadLimits.DEFAULT;
    private Timeouts timeouts = Timeouts.DEFAULT;
    private int connectTimeoutMillis = 5_000;
    private int originIdleMillis = 30_000;
    private int idleConnectionsMax = 64;
    private int connectionsMax;
    private boolean http2;
    private boolean readOnly;
    private boolean preserveHost;
    private boolean forwarded;
    private boolean fixedTarget;
    private String basePath = "";
    private long bodyBytesMax = -1;
    private TrustedProxies trusted = TrustedProxies.NONE;
    private Connector.@Nullable Tls tls;
    private @Nullable InetSocketAddress nameServer;
    private @Nullable ServerTls serverTls;
    private @Nullable Function<OriginSettings, EntrySettings> entry;
    private @Nullable ProxyHeaderWriter sendProxy;

    private Builder(Origin origin) {
      this.origin = origin;
    }

    Builder threads(int count) {
      threads = count;
      return this;
    }

    /** Every socket a Netty NIO channel, as where there is no epoll. */
    Builder nio() {
      return raw(false);
    }

    /** Bodies through pipes where they can, or copied. */
    Builder splice(boolean allowed) {
      splice = allowed;
      return this;
    }

    /** What all connections may hold. */
    Builder memory(MemorySettings changed) {
      memory = changed;
      return this;
    }

    /** Send buffers so small that the relay's writes to clients are cut everywhere. */
    Builder narrow() {
      narrow = true;
      return this;
    }

    /** Raw descriptors, or Netty NIO channels. */
    Builder raw(boolean allowed) {
      raw = allowed;
      return this;
    }

    Builder limits(HeadLimits changed) {
      limits = changed;
      return this;
    }

    Builder timeouts(Timeouts changed) {
      timeouts = changed;
      return this;
    }

    Builder connectTimeoutMillis(int millis) {
      connectTimeoutMillis = millis;
      return this;
    }

    Builder originIdleMillis(int millis) {
      originIdleMillis = millis;
      return this;
    }

    Builder idleConnectionsMax(int count) {
      idleConnectionsMax = count;
      return this;
    }

    Builder connectionsMax(int count) {
      connectionsMax = count;
      return this;
    }

    /** HTTP/2 to the origin. */
    Builder http2() {
      http2 = true;
      return this;
    }

    /** As --resource does: GET and HEAD only, always the URL's own target. */
    Builder resource() {
      readOnly = true;
      fixedTarget = true;
      return this;
    }

    Builder basePath(String path) {
      basePath = path;
      return this;
    }

    Builder preserveHost() {
      preserveHost = true;
      return this;
    }

    Builder forwarded() {
      forwarded = true;
      return this;
    }

    Builder bodyBytesMax(long bytes) {
      bodyBytesMax = bytes;
      return this;
    }

    Builder trusted(String cidr) {
      trusted = TrustedProxies.of(List.of(cidr));
      return this;
    }

    Builder tls(Connector.Tls how) {
      tls = how;
      return this;
    }

    /** Clients must speak TLS, unless this is null; the test closes it. */
    Builder serverTls(@Nullable ServerTls how) {
      serverTls = how;
      return this;
    }

    Builder nameServer(InetSocketAddress server) {
      nameServer = server;
      return this;
    }

    /** A PROXY protocol header before each request to the origin. */
    Builder sendProxy(ProxyHeaderWriter version) {
      sendProxy = version;
      return this;
    }

    /** Behind proxies that begin with a PROXY protocol header. */
    Builder behind(String cidr) {
      Function<OriginSettings, EntrySettings> within =
          entry == null ? _ -> EntrySettings.relay(relay()) : entry;
      entry = settings -> within.apply(settings).behind(TrustedProxies.of(List.of(cidr)));
      return this;
    }

    /** Every connection is passed on as it is; what was said of heads and origins before holds. */
    Builder tcp() {
      entry = settings -> EntrySettings.tcp(origin, settings, sendProxy);
      return this;
    }

    /** TLS is passed on by its server name, to ports of this machine. */
    Builder sni(Map<String, Integer> ports) {
      Map<String, Origin> targets = new HashMap<>();
      ports.forEach((name, port) -> targets.put(name, Origin.parse("http://127.0.0.1:" + port)));
      entry = settings -> EntrySettings.sni(targets, settings, sendProxy);
      return this;
    }

    private OriginSettings originSettings() {
      return new OriginSettings(
          connectTimeoutMillis,
          originIdleMillis,
          idleConnectionsMax,
          connectionsMax,
          http2,
          tls,
          nameServer);
    }

    private RelaySettings relay() {
      return new RelaySettings(
          origin,
          originSettings(),
          new UpstreamPolicy(
              origin.authority().getBytes(StandardCharsets.US_ASCII),
              basePath.getBytes(StandardCharsets.US_ASCII),
              fixedTarget ? origin.target().getBytes(StandardCharsets.US_ASCII) : null,
              preserveHost,
              true,
              forwarded,
              true),
          readOnly,
          bodyBytesMax,
          trusted,
          sendProxy);
    }

    RelayFixture start() throws IOException {
      return new RelayFixture(this);
    }
  }
}

package io.weir.relay.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.budget.Budget;
import io.weir.relay.budget.Fairness;
import io.weir.relay.budget.Governor;
import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.KernelLimits;
import io.weir.relay.endpoint.Listener;
import io.weir.relay.endpoint.Listeners;
import io.weir.relay.endpoint.LiveBuffers;
import io.weir.relay.loop.Faults;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.LoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A listener on one loop whose connections are TLS endpoints and nothing else. {@link #close}
 * checks that no fault of ours was recorded and no buffer is left.
 */
final class ServedTls implements AutoCloseable, Acceptor {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final byte[] NOTHING = {};

  private final long buffersBefore = LiveBuffers.count();
  private final Faults faults = new Faults();
  private final LoopGroup group = new LoopGroup("tls-test", 1, true, faults);
  private final Governor governor =
      new Fairness(new Budget(Long.MAX_VALUE), KernelLimits.sizes()).governor();
  private final List<Served> served = new CopyOnWriteArrayList<>();
  private final ServerTls tls;
  private final Listener listener;

  ServedTls(ServerTls tls) throws IOException {
    this.tls = tls;
    listener =
        Listeners.listen(group, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), this);
  }

  /** Connects {@code protocol}'s client, and returns its other end beside it. */
  Pair connect(String protocol) throws Exception {
    int before = served.size();
    RecordPeer peer = RecordPeer.connect(listener.address(), protocol);
    await(() -> served.size() > before, "the connection");
    Served there = served.get(before);
    await(there::established, "the handshake");
    return new Pair(peer, there);
  }

  record Pair(RecordPeer peer, Served served) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      peer.close();
    }
  }

  <T> T onLoop(Callable<T> work) {
    return group.loops().getFirst().submit(work).syncUninterruptibly().getNow();
  }

  static void await(Callable<Boolean> condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.call()) {
      assertThat(System.nanoTime() - deadline).as("waited in vain for: " + what).isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Override
  public void close() throws Exception {
    for (Served each : served) {
      onLoop(
          () -> {
            each.endpoint().reset();
            return true;
          });
    }
    listener.close();
    group.close();
    tls.close();
    assertThat(faults.total()).as("faults of ours").isZero();
    await(() -> LiveBuffers.count() <= buffersBefore, "no buffer left");
  }

  @Override
  public Accepted accept(Loop loop) {
    Served fresh = new Served(loop);
    served.add(fresh);
    return fresh;
  }

  @Override
  public Governor governor(Loop loop) {
    return governor;
  }

  @Override
  public int codecBytesMax() {
    return TlsEndpoint.USER_BYTES_MAX;
  }

  @Override
  public byte[] refusal() {
    return NOTHING;
  }

  @Override
  public int backlog() {
    return 16;
  }

  /** Who has one connection: it consumes what comes, unless it was told to hold still. */
  final class Served implements Acceptor.Accepted {
    final Loop loop;
    private @Nullable TlsEndpoint endpoint;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Consumer<Served> task = Served::drain;

    /** What the last peek said. */
    private int last;

    Served(Loop loop) {
      this.loop = loop;
    }

    @Override
    public void own(Endpoint accepted) {
      endpoint = TlsEndpoint.server(loop, accepted, tls.newEngine(), this);
    }

    TlsEndpoint endpoint() {
      TlsEndpoint owned = endpoint;
      if (owned == null) {
        throw new IllegalStateException("no connection yet");
      }
      return owned;
    }

    @Override
    public void ready() {
      task.accept(this);
    }

    @Override
    public void abandon() {
      endpoint().reset();
    }

    /** From now on that is done when the endpoint is ready, and once now. */
    void does(Consumer<Served> next) {
      onLoop(
          () -> {
            task = next;
            next.accept(this);
            return true;
          });
    }

    void drain() {
      last = 1;
      while (last > 0) {
        last = endpoint().peek(loop.in(), 0, loop.in().capacityBytes());
        if (last > 0) {
          bytes.write(loop.in().bytes(), 0, last);
          endpoint().skip(last);
        }
      }
    }

    private boolean established() {
      return onLoop(() -> endpoint != null && endpoint().established());
    }

    byte[] bytes() {
      return onLoop(bytes::toByteArray);
    }

    /** What the last peek said. */
    int last() {
      return onLoop(() -> last);
    }

    /** Bytes in user space, the engine's share included. */
    long userBytes() {
      return onLoop(() -> endpoint().heldBytes() - endpoint().below.heldBytes());
    }

    /** Waits until so many bytes are in the socket. */
    void awaitInSocket(int count) throws Exception {
      await(
          () ->
              onLoop(() -> endpoint().below.peek(loop.in(), 0, loop.in().capacityBytes())) >= count,
          count + " bytes in the socket");
    }
  }
}

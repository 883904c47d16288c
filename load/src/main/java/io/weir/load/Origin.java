package io.weir.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 origin that sends any amount of {@link SeededBytes} and checks what it is sent.
 *
 * <table>
 * <caption>Paths; sizes may be written 64k, 256m, 1g, times are in milliseconds</caption>
 * <tr><td>{@code /bytes/N}</td><td>N bytes with Content-Length; Range and If-Range</td></tr>
 * <tr><td>{@code /disk.img}</td><td>the same with 1 TiB</td></tr>
 * <tr><td>{@code /chunked/N?chunk=C}</td><td>N bytes in chunks of C (16k)</td></tr>
 * <tr><td>{@code /close/N}</td><td>N bytes, ended by the close</td></tr>
 * <tr><td>{@code /abort/N/M}</td><td>says N, resets when M are written ({@code ?fin}: closes). A
 *     reset drops what the kernel had not sent yet, so at most M arrive</td></tr>
 * <tr><td>{@code /hello}, {@code /}</td><td>6 bytes</td></tr>
 * <tr><td>{@code /status/NNN}</td><td>that status with a short text</td></tr>
 * <tr><td>{@code /redirect?to=PATH}</td><td>302 to PATH (/hello)</td></tr>
 * <tr><td>{@code /slow/MS}</td><td>6 bytes after MS milliseconds</td></tr>
 * <tr><td>{@code /echo}, any method</td><td>the request's body, chunked, while it comes; reads no
 *     further while the answer is blocked</td></tr>
 * <tr><td>any other POST or PUT</td><td>reads it all, answers with JSON: {@code bytes}, {@code
 *     matches} (the sequence from 0), {@code mismatch_at}, {@code crc32c}, with {@code ?sha256} also
 *     {@code sha256}</td></tr>
 * </table>
 *
 * <p>All connections live on one thread with one selector. A connection's progress is a position on
 * the wire ({@link Answer}), bytes come from one shared buffer outside the heap, so a blocked
 * download costs a few hundred bytes here. Keep-alive and pipelining are safe: one request at a
 * time, the next is read when the answer before has been written. Public methods may be called from
 * any thread.
 */
public final class Origin implements AutoCloseable {
  private static final int READ_BYTES = 128 * 1024;
  private static final int BACKLOG = 4096;
  private static final long ACCEPT_PAUSE_NANOS = 50_000_000;
  private static final long JOIN_MILLIS = 10_000;

  /**
   * Kernel buffers of each connection.
   *
   * @param sendBufferBytes SO_SNDBUF, or 0 for the kernel's choice (it grows)
   * @param receiveBufferBytes SO_RCVBUF, or 0 for the kernel's choice (it grows)
   */
  public record Options(int sendBufferBytes, int receiveBufferBytes) {
    /** Leaves both to the kernel. */
    public static final Options DEFAULT = new Options(0, 0);

    /** Refuses sizes below 0. */
    public Options {
      if (sendBufferBytes < 0 || receiveBufferBytes < 0) {
        throw new IllegalArgumentException("buffers have 0 (the kernel's choice) or more bytes");
      }
    }
  }

  /**
   * What the origin has done so far.
   *
   * @param accepted connections accepted
   * @param open connections open now
   * @param requests request heads read
   * @param bytesWritten bytes that the kernel took, heads and framing included
   * @param bytesRead bytes that came, heads and framing included
   */
  public record Counters(
      long accepted, long open, long requests, long bytesWritten, long bytesRead) {}

  final SeededBytes sequence;
  final Routes routes;
  final Batch batch;
  final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BYTES);
  final AtomicLong requests = new AtomicLong();
  final AtomicLong bytesWritten = new AtomicLong();
  final AtomicLong bytesRead = new AtomicLong();

  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong open = new AtomicLong();
  private final Options options;
  private final ServerSocketChannel listener;
  private final SelectionKey listenerKey;
  private final Selector selector;
  private final Thread thread;
  private final int port;
  private final PriorityQueue<OriginConnection> delayed =
      new PriorityQueue<>(Comparator.comparingLong(OriginConnection::dueNanos));
  private final Object changed = new Object();
  private volatile int waiters;
  private volatile boolean closing;
  private volatile @Nullable RuntimeException failure;
  private long acceptAgainNanos;

  private Origin(ServerSocketChannel listener, Selector selector, long seed, Options options)
      throws IOException {
    this.sequence = new SeededBytes(seed);
    this.routes = new Routes(sequence);
    this.batch = new Batch(sequence);
    this.options = options;
    this.listener = listener;
    this.selector = selector;
    this.listenerKey = listener.register(selector, SelectionKey.OP_ACCEPT);
    this.port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
    this.thread = new Thread(this::run, "origin-" + port);
    this.thread.setDaemon(true);
  }

  /**
   * Starts an origin whose buffers are the kernel's choice.
   *
   * @param bind address; port 0 takes a free one
   * @param seed of the bytes it sends and expects
   * @throws IOException if the port cannot be had
   */
  public static Origin start(InetSocketAddress bind, long seed) throws IOException {
    return start(bind, seed, Options.DEFAULT);
  }

  /**
   * Starts an origin.
   *
   * @param bind address; port 0 takes a free one
   * @param seed of the bytes it sends and expects
   * @param options kernel buffers of its connections
   * @throws IOException if the port cannot be had
   */
  public static Origin start(InetSocketAddress bind, long seed, Options options)
      throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    Selector selector = Selector.open();
    try {
      listener.configureBlocking(false);
      if (options.receiveBufferBytes() > 0) {
        // Before listen, or the window scale is already agreed when it shrinks (tcp(7)).
        listener.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
      }
      listener.bind(bind, BACKLOG);
      Origin origin = new Origin(listener, selector, seed, options);
      origin.thread.start();
      return origin;
    } catch (IOException e) {
      listener.close();
      selector.close();
      throw new IOException("origin cannot listen on " + bind + ": " + e.getMessage(), e);
    }
  }

  /** Returns the port that this origin listens on. */
  public int port() {
    return port;
  }

  /** Returns the sequence that this origin sends. */
  public SeededBytes sequence() {
    return sequence;
  }

  /** Returns what the origin has done so far; each number is exact, together they are not. */
  public Counters counters() {
    return new Counters(
        accepted.get(), open.get(), requests.get(), bytesWritten.get(), bytesRead.get());
  }

  /**
   * Waits until the counters satisfy a condition. They are looked at after each round of the loop.
   *
   * @param limitMillis time limit
   * @return false when the time is up
   */
  public boolean await(Predicate<Counters> condition, long limitMillis)
      throws InterruptedException {
    long deadline = System.nanoTime() + limitMillis * 1_000_000;
    synchronized (changed) {
      waiters++;
      try {
        selector.wakeup();
        while (!condition.test(counters())) {
          long left = (deadline - System.nanoTime()) / 1_000_000;
          if (left <= 0) {
            return false;
          }
          changed.wait(left);
        }
        return true;
      } finally {
        waiters--;
      }
    }
  }

  private void run() {
    Consumer<SelectionKey> ready = this::ready;
    try {
      while (!closing) {
        selector.select(ready, selectMillis());
        wakeDelayed();
        if (waiters > 0) {
          synchronized (changed) {
            changed.notifyAll();
          }
        }
      }
    } catch (IOException e) {
      failed(new IllegalStateException("the origin's selector failed", e));
    } finally {
      closeAll();
    }
  }

  private long selectMillis() {
    OriginConnection first = delayed.peek();
    if (first == null && acceptAgainNanos == 0) {
      return 0; // until something happens
    }
    long due = first == null ? acceptAgainNanos : first.dueNanos();
    long left = (due - System.nanoTime()) / 1_000_000 + 1;
    return Math.clamp(left, 1, acceptAgainNanos == 0 ? Long.MAX_VALUE : 50);
  }

  private void wakeDelayed() {
    long now = System.nanoTime();
    if (acceptAgainNanos != 0 && now >= acceptAgainNanos) {
      acceptAgainNanos = 0;
      listenerKey.interestOps(SelectionKey.OP_ACCEPT);
    }
    OriginConnection first = delayed.peek();
    while (first != null && first.dueNanos() - now <= 0) {
      delayed.remove();
      guarded(first, false);
      first = delayed.peek();
    }
  }

  private void ready(SelectionKey key) {
    if (key.attachment() instanceof OriginConnection connection) {
      guarded(connection, true);
    } else {
      acceptAll();
    }
  }

  private void guarded(OriginConnection connection, boolean fromSelector) {
    try {
      if (fromSelector) {
        connection.ready();
      } else {
        connection.resume();
      }
    } catch (IOException e) {
      connection.close(); // the peer's doing: a reset, or no HTTP
    } catch (RuntimeException e) {
      connection.close();
      failed(e);
    }
  }

  private void acceptAll() {
    try {
      SocketChannel channel = listener.accept();
      while (channel != null) {
        admit(channel);
        channel = listener.accept();
      }
    } catch (IOException e) {
      // Out of descriptors: the backlog stays readable, so look away for a while.
      listenerKey.interestOps(0);
      acceptAgainNanos = System.nanoTime() + ACCEPT_PAUSE_NANOS;
    }
  }

  private void admit(SocketChannel channel) throws IOException {
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (options.sendBufferBytes() > 0) {
        channel.setOption(StandardSocketOptions.SO_SNDBUF, options.sendBufferBytes());
      }
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      key.attach(new OriginConnection(this, channel, key));
    } catch (IOException e) {
      channel.close(); // reset before it was accepted
      return;
    }
    accepted.incrementAndGet();
    open.incrementAndGet();
  }

  /** Has a connection resumed when its time has come. Loop thread. */
  void delay(OriginConnection connection) {
    delayed.add(connection);
  }

  /** Counts a connection that has closed. Loop thread. */
  void closed(OriginConnection connection) {
    open.decrementAndGet();
    delayed.remove(connection);
  }

  private void failed(RuntimeException e) {
    if (failure == null) {
      failure = e;
    }
  }

  private void closeAll() {
    List<SelectionKey> keys = new ArrayList<>(selector.keys());
    for (SelectionKey key : keys) {
      if (key.attachment() instanceof OriginConnection connection) {
        connection.close();
      }
    }
    try {
      listener.close();
      selector.close();
    } catch (IOException e) {
      failed(new IllegalStateException("the origin's port could not be closed", e));
    }
  }

  /**
   * Closes the port and all connections and ends the thread; nothing is left afterwards.
   *
   * @throws IllegalStateException with the first failure of the origin's own, if there was one
   */
  @Override
  public void close() {
    closing = true;
    selector.wakeup();
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RuntimeException first = failure;
    failure = null;
    if (first != null) {
      throw new IllegalStateException("the origin failed", first);
    }
  }
}

package io.weir.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Many downloads of one URL at once, each read at a rate, every byte checked.
 *
 * <p>All of them live on one thread, with one read buffer. A reader without a rate waits in the
 * selector. A reader with a rate is not in the selector at all: it is read when its turn comes,
 * once a period, for at most rate x period bytes, so 10,000 slow readers cost one system call each
 * a period and none to change interest. All periods are equal, so the turns are a ring:
 *
 * <pre>
 *   due:  [ now | +p/n | +2p/n | ... ]      head is due -> read -> back at the tail, due + p
 * </pre>
 *
 * <p>The first turn comes within two periods, a period is at most a second. A reader that finds
 * nothing loses its turn's bytes: the bucket holds one period. What the kernel holds for it is
 * bounded by the receive buffer, if one is set. Connections are opened {@value #CONNECTING_MAX} at
 * a time, so that a backlog does not overflow, and {@value #HANDSHAKES_MAX} with TLS. Public
 * methods may be called from any thread.
 */
public final class Readers implements AutoCloseable {
  private static final int CONNECTING_MAX = 128;

  /**
   * The same with TLS, whose handshakes cost milliseconds: more at once would only be later each.
   */
  private static final int HANDSHAKES_MAX = 16;

  /** Smallest turn of a paced reader worth a system call. */
  private static final long TURN_BYTES_MIN = 16 * 1024;

  private static final long PERIOD_MILLIS_MIN = 50;
  private static final long PERIOD_MILLIS_MAX = 1_000;
  private static final int REASONS_MAX = 16;
  private static final long JOIN_MILLIS = 10_000;

  /**
   * What to download.
   *
   * @param address of the server or proxy
   * @param path with its query, also sent as it is
   * @param count downloads at once, 1 or more
   * @param rateBytesPerSecond of each, or 0 for as fast as it goes
   * @param receiveBufferBytes SO_RCVBUF of each, set before it connects, or 0 for the kernel's
   *     choice (it grows); below 64 KiB the kernel's own window rules may keep it under its rate on
   *     loopback, where a segment is 64 KiB
   * @param seed of the bytes that should come
   * @param way from the socket to the request
   */
  public record Plan(
      InetSocketAddress address,
      String path,
      int count,
      long rateBytesPerSecond,
      int receiveBufferBytes,
      long seed,
      Way way) {
    /** By plain HTTP/1.1. */
    public Plan(
        InetSocketAddress address,
        String path,
        int count,
        long rateBytesPerSecond,
        int receiveBufferBytes,
        long seed) {
      this(address, path, count, rateBytesPerSecond, receiveBufferBytes, seed, Way.PLAIN);
    }

    /** Refuses numbers that make no sense. */
    public Plan {
      if (count < 1 || rateBytesPerSecond < 0 || receiveBufferBytes < 0) {
        throw new IllegalArgumentException(
            "readers need a count of 1 or more, a rate and a buffer of 0 or more");
      }
      if (!path.startsWith("/")) {
        throw new IllegalArgumentException("path \"" + path + "\" does not begin with /");
      }
    }
  }

  /**
   * How far they are.
   *
   * @param open connected or connecting
   * @param ok whole bodies, every byte right
   * @param failed all others that have ended
   * @param bytes of bodies that came and were right
   */
  public record Progress(long open, long ok, long failed, long bytes) {}

  /**
   * What came of it.
   *
   * @param progress at the end; {@code open} are those that were stopped
   * @param reasons how often each kind of failure happened
   * @param rateMin bytes a second of the slowest that was connected, from its request to its end
   * @param rateMax bytes a second of the fastest
   * @param seconds from the start to the end
   */
  public record Summary(
      Progress progress, Map<String, Long> reasons, long rateMin, long rateMax, double seconds) {}

  final Plan plan;
  final SeededBytes sequence;
  final byte[] request;

  /** What was read last, of whichever reader: none keeps it. */
  final ByteBuffer buffer;

  final AtomicLong bytes = new AtomicLong();

  private final AtomicLong ok = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();

  /** Downloads that took the place of whole ones. */
  private final AtomicLong repeated = new AtomicLong();

  private final boolean again;
  private final ArrayDeque<Integer> vacant = new ArrayDeque<>();
  private final Map<String, Long> reasons = new TreeMap<>();
  private final Selector selector;
  private final TlsWire.@Nullable Shared tls;
  private final List<Http2Connection> connections = new ArrayList<>();
  private final Reader[] all;
  private final Reader[] turns;
  private final long periodNanos;
  private final int turnBytes;
  private final Thread thread;
  private final long startNanos = System.nanoTime();
  private int turnHead;
  private int turnCount;
  private int started;
  private int connecting;
  private volatile boolean stopping;
  private volatile @Nullable Summary summary;
  private volatile @Nullable RuntimeException failure;

  private Readers(Plan plan, boolean again, Selector selector) {
    this.plan = plan;
    this.again = again;
    this.selector = selector;
    this.sequence = new SeededBytes(plan.seed());
    this.request = Http1Reader.request(plan);
    this.tls = plan.way().tls() == Way.Tls.NONE ? null : new TlsWire.Shared(plan.way());
    // What is decrypted comes to the heap, and is compared there.
    this.buffer =
        tls == null
            ? ByteBuffer.allocateDirect(Wire.READ_BYTES)
            : ByteBuffer.allocate(TlsWire.PLAIN_BYTES);
    this.all = new Reader[plan.count()];
    this.turns = new Reader[plan.count()];
    long rate = Math.max(1, plan.rateBytesPerSecond());
    // What the kernel can hold must last for a turn, or the buffer sets the rate: it counts a
    // packet's overhead too, so that about half of SO_RCVBUF is bytes.
    long receive = plan.receiveBufferBytes();
    long turnBytesMin = receive == 0 ? TURN_BYTES_MIN : Math.min(TURN_BYTES_MIN, receive / 4);
    long millis = Math.clamp(turnBytesMin * 1_000 / rate, PERIOD_MILLIS_MIN, PERIOD_MILLIS_MAX);
    this.periodNanos = millis * 1_000_000;
    this.turnBytes = Math.clamp(rate * millis / 1_000, 1, Integer.MAX_VALUE);
    this.thread = new Thread(this::run, "readers");
    this.thread.setDaemon(true);
  }

  /**
   * Starts the downloads.
   *
   * @throws IOException if this machine has no more descriptors; a server that is not there makes
   *     each reader fail instead
   */
  public static Readers start(Plan plan) throws IOException {
    return start(plan, false);
  }

  /**
   * Starts downloads, each of which begins anew, on a new connection, when its body is whole. One
   * that fails does not: so a server that refuses is not asked for ever.
   *
   * @throws IOException as {@link #start}
   */
  public static Readers startAgainAndAgain(Plan plan) throws IOException {
    return start(plan, true);
  }

  private static Readers start(Plan plan, boolean again) throws IOException {
    Readers readers = new Readers(plan, again, Selector.open());
    readers.thread.start();
    return readers;
  }

  /** Returns how far they are. */
  public Progress progress() {
    long done = ok.get();
    long lost = failed.get();
    long open = plan.count() + repeated.get() - done - lost;
    return new Progress(open, done, lost, bytes.get());
  }

  /**
   * Waits until all have ended.
   *
   * @param limitMillis time limit
   * @return false when the time is up
   */
  public boolean await(long limitMillis) throws InterruptedException {
    thread.join(Math.max(1, limitMillis));
    return !thread.isAlive();
  }

  /**
   * Stops those that still run and closes all sockets. Can be called again, with the same result.
   *
   * @throws IllegalStateException with the first failure of the readers' own, if there was one
   */
  public Summary stop() throws InterruptedException {
    stopping = true;
    selector.wakeup();
    thread.join(JOIN_MILLIS);
    RuntimeException first = failure;
    Summary result = summary;
    if (first != null || result == null) {
      throw new IllegalStateException("the readers failed", first);
    }
    return result;
  }

  /** Stops as {@link #stop} does, without a summary. */
  @Override
  public void close() {
    stopping = true;
    selector.wakeup();
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean paced() {
    return plan.rateBytesPerSecond() > 0;
  }

  private void run() {
    Consumer<SelectionKey> ready = Readers::ready;
    try {
      while (!stopping && !allEnded()) {
        connectMore();
        long nanos = takeTurns();
        if (nanos <= 0 || canConnect() || allEnded()) {
          selector.selectNow(ready);
        } else {
          selector.select(ready, Math.max(1, nanos / 1_000_000));
        }
      }
    } catch (IOException e) {
      failure = new IllegalStateException("the readers' selector failed", e);
    } catch (RuntimeException e) {
      failure = e;
    } finally {
      finish();
    }
  }

  private void finish() {
    long now = System.nanoTime();
    Progress progress = progress();
    Map<String, Long> why = Map.copyOf(reasons);
    long rateMin = Long.MAX_VALUE;
    long rateMax = 0;
    for (int i = 0; i < started; i++) {
      long rate = all[i].bytesPerSecond(now);
      if (rate >= 0) {
        rateMin = Math.min(rateMin, rate);
        rateMax = Math.max(rateMax, rate);
      }
      all[i].close(now);
    }
    try {
      selector.close();
    } catch (IOException e) {
      failure = new IllegalStateException("the readers' selector could not be closed", e);
    }
    rateMin = rateMin == Long.MAX_VALUE ? 0 : rateMin;
    double seconds = (now - startNanos) / 1e9;
    summary = new Summary(progress, why, rateMin, rateMax, seconds);
  }

  private boolean allEnded() {
    return ok.get() + failed.get() == plan.count() + repeated.get();
  }

  private boolean canConnect() {
    int max = tls == null ? CONNECTING_MAX : HANDSHAKES_MAX;
    return (started < all.length || !vacant.isEmpty()) && connecting < max;
  }

  private void connectMore() {
    while (canConnect()) {
      int place = started < all.length ? started++ : vacant.remove();
      Reader reader =
          plan.way().streams() == 0
              ? new Http1Reader(this, place)
              : new Http2Reader(this, place, connection());
      all[place] = reader;
      connecting++;
      reader.begin(selector);
    }
  }

  /** A connection that has room for one more stream, or a new one. */
  private Http2Connection connection() {
    connections.removeIf(Http2Connection::closed);
    for (Http2Connection open : connections) {
      if (open.hasRoom()) {
        return open;
      }
    }
    Http2Connection made = new Http2Connection(this);
    connections.add(made);
    return made;
  }

  /** What reads and writes on a socket. */
  Wire wire(SocketChannel channel) throws IOException {
    return tls == null ? new Wire(channel) : new TlsWire(channel, tls);
  }

  /** What must be said to a proxy first, or null. */
  @Nullable Passage passage() {
    Way way = plan.way();
    InetSocketAddress target = way.target();
    return target == null || way.through() == Way.Through.ABSOLUTE
        ? null
        : new Passage(way.through(), target);
  }

  /** A reader's request is sent. */
  void asked(Reader reader) {
    connecting--;
    if (paced()) {
      // Spread over a period, or all would read in the same instant for ever.
      long spread = periodNanos / all.length * (started % all.length);
      enqueue(reader, turnCount == 0 ? System.nanoTime() + spread : lastDue());
    }
  }

  private long lastDue() {
    int tail = (turnHead + turnCount - 1) % turns.length;
    return turns[tail].dueNanos + Math.min(1_000_000, periodNanos / all.length);
  }

  private void enqueue(Reader reader, long dueNanos) {
    reader.dueNanos = dueNanos;
    turns[(turnHead + turnCount) % turns.length] = reader;
    turnCount++;
  }

  /** Gives all readers that are due their turn; returns the time to the next, in nanoseconds. */
  private long takeTurns() {
    long now = System.nanoTime();
    int budget = turnCount;
    while (turnCount > 0) {
      Reader reader = turns[turnHead];
      long left = reader.dueNanos - now;
      if (left > 0) {
        return left;
      }
      if (budget-- == 0) {
        return 0;
      }
      turnHead = (turnHead + 1) % turns.length;
      turnCount--;
      if (!turn(reader, turnBytes)) {
        continue;
      }
      // Behind by more than a period: what was missed is lost, as for a reader that was slow.
      enqueue(reader, Math.max(reader.dueNanos + periodNanos, now));
    }
    return Long.MAX_VALUE;
  }

  private static void ready(SelectionKey key) {
    ((Runnable) key.attachment()).run();
  }

  /** Reads; false if the reader has ended. */
  boolean turn(Reader reader, int bytesMax) {
    if (reader.over()) {
      return false; // while it waited for its turn
    }
    try {
      if (!reader.read(bytesMax)) {
        return true;
      }
      reader.close(System.nanoTime());
      if (again) {
        repeated.incrementAndGet(); // first, or all would seem to have ended
        vacant.add(reader.place);
      }
      ok.incrementAndGet();
    } catch (BadMessageException e) {
      ended(reader, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      ended(reader, "broken: " + e.getMessage());
    }
    return false;
  }

  /** A reader has failed. */
  void ended(Reader reader, String reason) {
    if (reader.over()) {
      return;
    }
    if (!reader.hasAsked()) {
      connecting--;
    }
    reader.close(System.nanoTime());
    failed.incrementAndGet();
    String key = reasons.size() < REASONS_MAX || reasons.containsKey(reason) ? reason : "other";
    reasons.merge(key, 1L, Long::sum);
  }
}

package io.weir.server;

import io.weir.relay.exchange.ExchangeEnd;
import io.weir.relay.exchange.ExchangeLog;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The access log: a line for each exchange that is over.
 *
 * <pre>
 *   loops --format--> own line --copy, under the lock--> [ filling ] --swap--> [ writing ] --> file
 * </pre>
 *
 * <p>A loop formats its line in a buffer of its own and holds the lock only to copy it. One thread
 * writes. The two halves of the queue have {@link #HALF_BYTES_MAX} each: what the file does not
 * take in time is dropped and counted, and said once a minute; no loop ever waits for a disk.
 */
final class AccessLog implements ExchangeLog, AutoCloseable {
  /** Half of 1 MiB, about 4,000 lines. */
  static final int HALF_BYTES_MAX = 512 * 1024;

  private static final int HALF_BYTES_FIRST = 16 * 1024;
  private static final long REPORT_SECONDS = 60;
  private static final long CLOSE_MILLIS_MAX = 2000;
  private static final System.Logger LOG = System.getLogger("io.weir");

  private final LogSink sink;
  private final ThreadLocal<AccessLine> lines;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Thread writer;

  // Guarded by the lock.
  private byte[] filling = new byte[HALF_BYTES_FIRST];
  private int filled;
  private int filledLines;
  private long dropped;
  private boolean reopen;
  private boolean closed;

  // Of the writer alone.
  private byte[] writing = new byte[HALF_BYTES_FIRST];
  private int written;
  private int writtenLines;
  private long saidNanos = System.nanoTime() - TimeUnit.SECONDS.toNanos(REPORT_SECONDS);
  private String trouble = "it takes lines too slowly";

  AccessLog(LogSink sink, AccessLogTarget.Format format, ZoneId zone) {
    this.sink = sink;
    this.lines = ThreadLocal.withInitial(() -> new AccessLine(format, zone));
    writer = new Thread(this::write, "access-log");
    writer.setDaemon(true);
  }

  /**
   * Opens the log and starts its thread.
   *
   * @throws StartException if the file cannot be opened for appending
   */
  static AccessLog open(AccessLogTarget target) throws StartException {
    try {
      AccessLog log =
          new AccessLog(LogSink.open(target.file()), target.format(), ZoneId.systemDefault());
      log.start();
      return log;
    } catch (IOException e) {
      throw new StartException(
          "--access-log: cannot open " + target.file() + " for writing: " + LogSink.clause(e), e);
    }
  }

  void start() {
    writer.start();
  }

  @Override
  public void ended(ExchangeEnd end) {
    AccessLine line = lines.get();
    line.write(end, Instant.ofEpochMilli(end.beganMillis() + end.tookMillis()));
    lock.lock();
    try {
      if (closed || !fits(line.length())) {
        dropped++;
        return;
      }
      System.arraycopy(line.bytes(), 0, filling, filled, line.length());
      filled += line.length();
      filledLines++;
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(int bytes) {
    int need = filled + bytes;
    if (need > HALF_BYTES_MAX) {
      return false;
    }
    if (need > filling.length) {
      int larger = Math.min(HALF_BYTES_MAX, Math.max(need, 2 * filling.length));
      filling = Arrays.copyOf(filling, larger);
    }
    return true;
  }

  /** Lines that were dropped and not yet spoken of. */
  long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  /** Opens the file anew before the next line. Any thread. */
  void reopen() {
    lock.lock();
    try {
      reopen = true;
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    boolean more = true;
    while (more) {
      boolean anew;
      lock.lock();
      try {
        while (filled == 0 && !reopen && !closed) {
          work.awaitUninterruptibly();
        }
        more = !closed;
        anew = reopen;
        reopen = false;
        swap();
      } finally {
        lock.unlock();
      }
      writeHalf(anew);
      report(!more);
    }
    sink.close();
  }

  private void swap() {
    byte[] empty = writing;
    writing = filling;
    written = filled;
    writtenLines = filledLines;
    filling = empty;
    filled = 0;
    filledLines = 0;
  }

  private void writeHalf(boolean anew) {
    try {
      if (anew) {
        // What was logged before the signal belongs to the file that was moved away.
        sink.write(writing, written);
        written = 0;
        sink.reopen();
      }
      sink.write(writing, written);
    } catch (IOException e) {
      lock.lock();
      try {
        dropped += written == 0 ? 0 : writtenLines;
      } finally {
        lock.unlock();
      }
      trouble = LogSink.clause(e);
      if (written == 0) {
        LOG.log(Level.ERROR, "access log: cannot open the file anew: {0}", trouble);
      }
    }
  }

  private void report(boolean last) {
    long now = System.nanoTime();
    if (!last && now - saidNanos < TimeUnit.SECONDS.toNanos(REPORT_SECONDS)) {
      return;
    }
    long count;
    lock.lock();
    try {
      count = dropped;
      dropped = 0;
    } finally {
      lock.unlock();
    }
    if (count > 0) {
      saidNanos = now;
      LOG.log(Level.WARNING, "access log: {0} lines dropped: {1}", count, trouble);
    }
  }

  /** Writes what is left, at most for 2 s, and closes the file. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      work.signal();
    } finally {
      lock.unlock();
    }
    try {
      writer.join(CLOSE_MILLIS_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

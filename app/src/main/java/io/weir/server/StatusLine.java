package io.weir.server;

import io.weir.memory.probe.ResidentSet;
import io.weir.relay.exchange.Totals;
import java.io.IOException;

/**
 * The line of each second: {@code 58.2 MB rss  1000 flows  19.9 MB/s}. Confined to one thread.
 *
 * <p>It begins with the resident set in MB (bytes / 1,000,000); MB/s is what clients and origins
 * took since the line before.
 */
public final class StatusLine {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final ResidentSet residentSet;
  private long lastBytes;
  private long lastNanos;
  private long rssBytes;
  private long rssBytesMax;

  private StatusLine(ResidentSet residentSet, long nowNanos) {
    this.residentSet = residentSet;
    this.lastNanos = nowNanos;
  }

  /**
   * A line for this process.
   *
   * @param nowNanos the time to count the first second from, as of {@link System#nanoTime}
   * @throws IOException where there is no {@code /proc} as Linux has it
   */
  public static StatusLine ofThisProcess(long nowNanos) throws IOException {
    return new StatusLine(ResidentSet.ofThisProcess(), nowNanos);
  }

  /** The line for now; the next one counts from here. */
  public StringBuilder next(Totals totals, long nowNanos) {
    rssBytes = read();
    rssBytesMax = Math.max(rssBytesMax, rssBytes);
    long bytes = totals.downloadedBytes() + totals.uploadedBytes();
    long tenths = tenthsOfMegabytesPerSecond(bytes - lastBytes, nowNanos - lastNanos);
    lastBytes = bytes;
    lastNanos = nowNanos;
    return format(rssBytes, totals.openFlows(), tenths);
  }

  /** The resident set as the last line had it, bytes. */
  public long rssBytes() {
    return rssBytes;
  }

  /** The largest resident set of all lines so far, bytes. */
  public long rssBytesMax() {
    return rssBytesMax;
  }

  static long tenthsOfMegabytesPerSecond(long bytes, long nanos) {
    return nanos <= 0 ? 0 : Math.round(bytes * (double) NANOS_PER_SECOND / nanos / 100_000);
  }

  static StringBuilder format(long rssBytes, long flows, long tenthsOfMegabytesPerSecond) {
    StringBuilder line = new StringBuilder(64);
    Figures.appendMegabytes(line, rssBytes).append(" MB rss  ").append(flows).append(" flows  ");
    return Figures.appendTenths(line, tenthsOfMegabytesPerSecond).append(" MB/s");
  }

  private long read() {
    try {
      return residentSet.bytes();
    } catch (IOException e) {
      return rssBytes;
    }
  }
}

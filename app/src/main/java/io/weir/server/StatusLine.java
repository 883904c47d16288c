package io.weir.server;

import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.Totals;
import java.io.IOException;

/**
 * The line of each second: {@code 58.2 MB rss 66.1 charge 7.4 live 7.9 kernel 1000 flows 19.9
 * MB/s}. Confined to one thread.
 *
 * <p>It begins with the resident set; all sizes are MB (bytes / 1,000,000). The charge is what a
 * container would be charged, live is what malloc has handed out, kernel what is outside the
 * resident set. MB/s is what clients and origins took since the line before.
 */
public final class StatusLine {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final Pulse pulse;
  private long lastBytes;
  private long lastNanos;
  private Pulse.Beat beat = new Pulse.Beat(0, 0, -1, 0, 0);
  private long rssBytesMax;

  private StatusLine(Pulse pulse, long nowNanos) {
    this.pulse = pulse;
    this.lastNanos = nowNanos;
  }

  /**
   * A line for this process.
   *
   * @param nowNanos the time to count the first second from, as of {@link System#nanoTime}
   * @throws IOException where there is no {@code /proc} as Linux has it
   */
  public static StatusLine ofThisProcess(long nowNanos) throws IOException {
    return new StatusLine(Pulse.ofThisProcess(), nowNanos);
  }

  /** The line for now; the next one counts from here. */
  public StringBuilder next(Totals totals, long nowNanos) {
    beat = read();
    rssBytesMax = Math.max(rssBytesMax, beat.rssBytes());
    long bytes = totals.downloadedBytes() + totals.uploadedBytes();
    long tenths = tenthsOfMegabytesPerSecond(bytes - lastBytes, nowNanos - lastNanos);
    lastBytes = bytes;
    lastNanos = nowNanos;
    return format(beat, totals.openFlows(), tenths);
  }

  /** The resident set as the last line had it, bytes. */
  public long rssBytes() {
    return beat.rssBytes();
  }

  /** The largest resident set of all lines so far, bytes. */
  public long rssBytesMax() {
    return rssBytesMax;
  }

  static long tenthsOfMegabytesPerSecond(long bytes, long nanos) {
    return nanos <= 0 ? 0 : Math.round(bytes * (double) NANOS_PER_SECOND / nanos / 100_000);
  }

  static StringBuilder format(Pulse.Beat beat, long flows, long tenthsOfMegabytesPerSecond) {
    StringBuilder line = new StringBuilder(96);
    Figures.appendMegabytes(line, beat.rssBytes()).append(" MB rss  ");
    Figures.appendMegabytes(line, beat.chargeBytes()).append(" charge  ");
    if (beat.liveBytes() >= 0) {
      Figures.appendMegabytes(line, beat.liveBytes()).append(" live  ");
    }
    Figures.appendMegabytes(line, beat.kernelBytes()).append(" kernel  ");
    line.append(flows).append(" flows  ");
    return Figures.appendTenths(line, tenthsOfMegabytesPerSecond).append(" MB/s");
  }

  private Pulse.Beat read() {
    try {
      return pulse.next();
    } catch (IOException e) {
      return beat;
    }
  }
}

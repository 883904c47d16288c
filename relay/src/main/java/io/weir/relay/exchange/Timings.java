package io.weir.relay.exchange;

import io.weir.relay.loop.Histogram;
import java.util.List;

/**
 * How long things took since the start.
 *
 * @param firstByte from a head that was understood to the head of the origin's response
 * @param duration from a head that was understood to the end of the exchange, tunnels included
 * @param paces of the loops, in their order
 */
public record Timings(Histogram.Reading firstByte, Histogram.Reading duration, List<Pace> paces) {
  /**
   * How late one loop is.
   *
   * @param late how late its sweeps were
   * @param silentNanos how long ago the last sweep ended
   */
  public record Pace(Histogram.Reading late, long silentNanos) {}
}

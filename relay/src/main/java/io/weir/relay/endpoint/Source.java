package io.weir.relay.endpoint;

import io.weir.relay.loop.Scratch;

/**
 * Where a flow's bytes come from.
 *
 * <p>Bytes are looked at first and consumed after the sink has taken them, so a flow whose sink is
 * slow holds nothing: what was not taken is still where it came from. Thread: the loop.
 */
public interface Source {
  /** {@link #peek}: nothing has arrived that was not seen; readiness will be told. */
  int NOTHING_YET = 0;

  /** {@link #peek}: every byte was consumed and the peer has ended its side. */
  int END = -1;

  /** {@link #peek}: the connection broke (reset, time-out, a truncated TLS stream). */
  int BROKEN = -2;

  /**
   * Copies what has arrived to {@code into}, without consuming it: the same bytes come again until
   * {@link #skip} consumes them.
   *
   * @param lengthMax bytes wanted at most, at least 1
   * @return bytes copied, or {@link #NOTHING_YET}, {@link #END}, {@link #BROKEN}
   */
  int peek(Scratch into, int offset, int lengthMax);

  /** Consumes the next {@code length} bytes, all of which {@link #peek} has shown. */
  void skip(int length);

  /**
   * Copies what has arrived to {@code into} and consumes it, for whoever has a place for it: a
   * codec. As {@link #peek} and {@link #skip}, in one call where that is to be had.
   */
  default int read(Scratch into, int offset, int lengthMax) {
    int arrived = peek(into, offset, lengthMax);
    if (arrived > 0) {
      skip(arrived);
    }
    return arrived;
  }

  /**
   * Whether the peer has ended its side in order, so that nothing will follow what the last {@link
   * #peek} showed, if that was not cut by its limit.
   */
  boolean inputEnded();

  /**
   * Whether the connection broke: what the last {@link #peek} showed may be all that is left of a
   * stream that should have gone on. Never together with {@link #inputEnded}.
   */
  boolean inputBroken();

  /** Whether a {@link #peek} could bring something that the last one did not. */
  boolean readable();
}

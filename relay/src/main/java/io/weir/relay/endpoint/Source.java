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
   * Whether nothing will follow what the last {@link #peek} showed, if it was not cut by its limit.
   */
  boolean inputEnded();

  /** Whether a {@link #peek} could bring something that the last one did not. */
  boolean readable();
}

package io.weir.relay.translation;

import io.weir.relay.http.Reason;

/**
 * Why a stream to an origin ended before its response was whole.
 *
 * @param why one clause for the log
 * @param retry whether the request may be sent again, as far as the origin's word goes
 */
public record StreamFault(Reason reason, String why, Retry retry) {
  /** When a request may be sent again. */
  public enum Retry {
    /** The origin has seen it, and did what it did. */
    NEVER,
    /** Nobody knows: only if its method is safe. */
    IF_SAFE,
    /** The origin has said that it did nothing with it (RFC 9113, 8.7). */
    ALWAYS
  }
}

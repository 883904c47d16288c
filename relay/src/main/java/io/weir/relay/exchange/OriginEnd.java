package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.origin.OriginConnection;
import io.weir.relay.translation.StreamFault;
import org.jspecify.annotations.Nullable;

/**
 * Why the origin's side ended before its response was whole.
 *
 * @param why one clause for the log
 * @param retry whether the request may be sent again, as far as the origin's side goes
 */
record OriginEnd(Reason reason, String why, StreamFault.Retry retry) {
  /** {@code said}: why, unless the connection knows better. */
  static OriginEnd of(@Nullable OriginConnection gone, String said) {
    StreamFault fault = gone == null ? null : gone.fault();
    StreamFault.Retry retry = fault == null ? StreamFault.Retry.IF_SAFE : fault.retry();
    boolean fresh = gone == null || !gone.reused();
    if (retry == StreamFault.Retry.IF_SAFE && fresh) {
      retry = StreamFault.Retry.NEVER; // it was not closed before we wrote
    }
    return fault == null
        ? new OriginEnd(Reason.ORIGIN_CLOSED, said, retry)
        : new OriginEnd(fault.reason(), fault.why(), retry);
  }

  /** Whether that request may be sent again, if nothing of its response has come. */
  boolean repeatable(Request request) {
    return switch (retry) {
      case NEVER -> false;
      case IF_SAFE -> request.repeatable();
      case ALWAYS -> true;
    };
  }
}

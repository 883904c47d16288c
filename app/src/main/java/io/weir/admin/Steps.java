package io.weir.admin;

import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.Totals;
import io.weir.relay.http.Reason;
import java.util.Arrays;

/**
 * What Weir does when its memory fills, in this order; docs/internals/budget.md. Counts only grow:
 * the page marks a second in which one did.
 */
enum Steps {
  /** Looks of a loop at which not every flow could have what it wanted. */
  SCARCE("scarce"),
  /** Requests that waited for their least lease. */
  WAITS("waits"),
  /** Clients between two requests that were closed for others. */
  IDLE("idle closed"),
  /** Requests and connections that were refused with 503. */
  REFUSED("refused 503"),
  /** Stalled flows that were reset for others. */
  RESET("stalled reset"),
  /** Flows whose reader took nothing for the send timeout. */
  CUT("cut"),
  /** Flows that somebody closed at the admin address. */
  CLOSED("closed here");

  private final String words;

  Steps(String words) {
    this.words = words;
  }

  /** As the page shows it. */
  String words() {
    return words;
  }

  /** How often each was taken, in their order. */
  static long[] counts(Totals totals, Leased leased) {
    return Arrays.stream(values()).mapToLong(step -> step.count(totals, leased)).toArray();
  }

  private long count(Totals totals, Leased leased) {
    return switch (this) {
      case SCARCE -> leased.scarceLooks();
      case WAITS -> leased.waits();
      case IDLE -> leased.idleClosed();
      case REFUSED -> totals.failures(Reason.OVERLOADED);
      case RESET -> leased.resetStalled();
      case CUT -> totals.failures(Reason.SEND_TIMEOUT);
      case CLOSED -> totals.failures(Reason.ADMIN_CUT);
    };
  }
}

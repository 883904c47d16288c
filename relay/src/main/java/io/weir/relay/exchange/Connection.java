package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.loop.Timed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has in its list: something that was accepted, with what it serves. It is listed by
 * {@link Worker#opened}, until {@link Worker#closed}. Thread: the loop.
 */
abstract class Connection extends Timed {
  /** Place in the worker's list, which sets it. */
  int listIndex;

  // The worker's list of those at rest has these.
  boolean resting;
  long restSinceNanos;
  @Nullable Connection restedBefore;
  @Nullable Connection restedAfter;

  /** Whether its least lease was taken; asked of those at rest. */
  boolean admitted() {
    return false;
  }

  /** Whether nothing is under way to it or from it; asked of those at rest. */
  boolean quiet() {
    return false;
  }

  /** Ends it for another: its place and its lease are free when this returns. Of those at rest. */
  void closeAtRest() {}

  /** Whether it is a stream of one that was accepted, listed beside that. */
  boolean stream;

  /** No new work from now on: it ends now if it serves nothing, else with what it serves. */
  abstract void drain();

  /** Ends it whatever it does; returns whether anything was cut by that. */
  abstract boolean cut();

  /** Adds what its sockets hold. */
  abstract void addHoldings(List<Holding> to);

  /** What is under way on it; null while nothing is, or where its streams have that. */
  @Nullable Exchange exchange() {
    return null;
  }

  /** What the flows page shows, or null if nothing is under way. */
  final @Nullable FlowRow row() {
    Exchange under = exchange();
    return under == null ? null : under.row();
  }

  /** What its row names it, or 0. */
  final long exchangeId() {
    Exchange under = exchange();
    return under == null ? 0 : under.id();
  }

  /** Cuts what its row shows, if there is anything. */
  final void cutExchange(Reason reason) {
    Exchange under = exchange();
    if (under != null) {
      under.cut(reason);
    }
  }

  /** What it may hold, if it has stood still for so long that it may be reset; else 0. */
  final long stalledBytes() {
    Exchange under = exchange();
    return under == null ? 0 : under.stalledBytes();
  }

  /** Resets what stands still, unless that has moved meanwhile. */
  final void resetStalled(long nowNanos) {
    Exchange under = exchange();
    if (under != null) {
      under.resetStalled(nowNanos);
    }
  }
}

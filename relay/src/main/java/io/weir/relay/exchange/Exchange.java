package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.origin.OriginConnection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One request and its response, as its client connection sees it. Thread: the loop. */
abstract class Exchange {
  private static final AtomicLong IDS = new AtomicLong();

  private long id;

  /** A number for its row that no other has, given at the first call. */
  final long givenId() {
    if (id == 0) {
      id = IDS.incrementAndGet();
    }
    return id;
  }

  /** What both sides may come to hold. */
  static long leaseBytes(Endpoint client, @Nullable OriginConnection origin) {
    return client.lease().bytes() + (origin == null ? 0 : origin.endpoint().lease().bytes());
  }

  /** What both sides hold in the kernel now; -1 if that cannot be told. */
  static long heldBytes(Endpoint client, @Nullable OriginConnection origin) {
    long here = client.heldBytes();
    long there = origin == null ? 0 : origin.endpoint().heldBytes();
    return here < 0 || there < 0 ? -1 : here + there;
  }

  /**
   * Whether a peer has broken it off: then the other one gets what was written to it before it is
   * reset. Where we do, both are reset at once, for that is to free something.
   */
  static boolean byAPeer(Reason reason) {
    return reason == Reason.CLIENT_GONE
        || reason == Reason.ORIGIN_BROKEN
        || reason == Reason.ORIGIN_STALLED;
  }

  /** Goes as far as the endpoints allow. Called when one of them may be ready. */
  abstract void advance();

  /** Checks the time limits. */
  abstract void sweep(long nowNanos);

  /** Ends it at once, whatever was under way; the client connection is closed. */
  abstract void cut(Reason reason);

  /** What it may hold, if it has stood still for so long that it may be reset; else 0. */
  long stalledBytes() {
    return 0;
  }

  /** Resets it, unless it has moved meanwhile. */
  void resetStalled(long nowNanos) {}

  /** Adds what its own sockets hold. */
  void addHoldings(List<Holding> to) {}

  /** What its row names it, or 0 if it never had one. */
  final long id() {
    return id;
  }

  /** What the flows page shows, or null if it is over. */
  abstract @Nullable FlowRow row();
}

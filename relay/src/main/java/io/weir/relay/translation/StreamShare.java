package io.weir.relay.translation;

import io.weir.relay.budget.Governor;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.loop.Loop;

/** What the streams of one loop share. Thread: the loop. */
public final class StreamShare {
  /** What the relay itself may add to a head that it passes on, bytes and fields. */
  private static final int ADDED_BYTES = 1024;

  private static final int ADDED_FIELDS = 16;

  final Loop loop;
  final Governor governor;
  final HeadLimits limits;

  /** Reads the heads that our own side has written. */
  final ResponseHead responseHead;

  /** The same for requests. */
  final RequestHead requestHead;

  public StreamShare(Loop loop, Governor governor, HeadLimits limits) {
    this.loop = loop;
    this.governor = governor;
    this.limits = limits;
    this.responseHead = new ResponseHead(written(limits));
    this.requestHead = new RequestHead(written(limits));
  }

  /** The limits of a head that was within {@code limits} before the relay wrote it anew. */
  static HeadLimits written(HeadLimits limits) {
    return new HeadLimits(
        2 * limits.headBytesMax() + ADDED_BYTES,
        2 * limits.targetBytesMax() + ADDED_BYTES,
        limits.fieldsMax() + ADDED_FIELDS);
  }

  /** Of a header list, as RFC 9113, 6.5.2 counts: what fits into a head. */
  public int fieldBytesMax() {
    return limits.headBytesMax();
  }
}

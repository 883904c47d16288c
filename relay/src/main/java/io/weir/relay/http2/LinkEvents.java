package io.weir.relay.http2;

import org.jspecify.annotations.Nullable;

/** Who owns a link is told of it here. Thread: the loop. */
public interface LinkEvents {
  /** What a peer did wrong, so that its connection is closed. */
  enum Fault {
    /** It broke the rules of RFC 9113 or RFC 7541. */
    PROTOCOL,
    /** It sent more resets, control frames, empty or tiny frames than the limits allow. */
    FLOOD
  }

  /**
   * Server role: the peer has begun a stream; its fields follow at once. Returns who has it, or
   * null to refuse it (REFUSED_STREAM: the peer may try again).
   */
  @Nullable StreamEvents opened(LinkStream stream);

  /** The header list of a request was too large; the link has answered it with a 431. */
  default void fieldsTooLarge() {}

  /** The peer has said, or ended its side, so that no streams come or are taken any more. */
  default void noMoreStreams() {}

  /** Client role: {@link Http2Link#mayOpen} may have become true. */
  default void mayOpen() {}

  /** The last stream is over. */
  void idle();

  /** The link will be closed for what its peer did. */
  void faulted(Fault fault, String detail);

  /** The link is over, and has let go of the endpoint: it is the owner's to close. */
  void closed();
}

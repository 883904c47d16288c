package io.weir.relay.http2;

/**
 * What a link says and bears.
 *
 * @param server whether the peer opens the streams
 * @param streamsMax streams that the peer may have open at once; server role
 * @param fieldBytesMax of a header list, as RFC 9113, 6.5.2 counts: 32 bytes more a field
 * @param windowBytes the first receive window of a stream: what its least lease allows
 * @param socketReceiveBytes what the link's socket may receive beside what its streams have leases
 *     for, as the kernel counts
 * @param socketSendBytes the same for sending
 * @param extendedConnect whether the server says that it takes extended CONNECT (RFC 8441)
 */
public record LinkSettings(
    boolean server,
    int streamsMax,
    int fieldBytesMax,
    int windowBytes,
    int socketReceiveBytes,
    int socketSendBytes,
    boolean extendedConnect) {
  /** Resets that a client may send within {@link #RESETS_SECONDS} (CVE-2023-44487). */
  static final int RESETS_MAX = 200;

  static final int RESETS_SECONDS = 30;

  /** Empty DATA frames without an end, one after the other. */
  static final int EMPTY_DATA_MAX = 8;

  /** CONTINUATION frames of a header block that are much smaller than a frame may be. */
  static final int SMALL_CONTINUATIONS_MAX = 16;

  /** Answers to control frames that may wait to go out. */
  static final int CONTROL_QUEUE_MAX = 256;

  /** Control frames beyond those that the traffic explains: see {@link ControlAllowance}. */
  static final int CONTROL_FRAMES_MAX = 1_000;

  /** What our peer may send on all streams together; the streams' own windows are what bounds. */
  static final int CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;

  /** RFC 9113, 6.9.2: windows before settings say otherwise. */
  static final int FIRST_WINDOW_BYTES = 65_535;
}

package io.weir.relay.http2;

/**
 * What a connection that speaks HTTP/2 may hold beside its streams, in user space and in the
 * kernel: taken from the budget when it begins, whoever has opened it.
 */
public final class LinkCost {
  /** What the socket may receive beside the data of streams, as the kernel counts. */
  public static final int SOCKET_RECEIVE_BYTES = 16 * 1024;

  /** What it may send: frames that are no stream's, and the last bytes of streams that are over. */
  public static final int SOCKET_SEND_BYTES = 32 * 1024;

  /**
   * In user space: a read, a frame that is not whole, a header block in pieces, what waits to go
   * out, the rest of a frame, and both tables of HPACK.
   */
  private static final int CODEC_BYTES = (32 + 16 + 40 + 32 + 16 + 24) * 1024;

  /** What a link may hold beyond the least of its socket. */
  public static final int LINK_BYTES =
      CODEC_BYTES + 3 * SOCKET_RECEIVE_BYTES + 2 * SOCKET_SEND_BYTES;

  /** Data that may come before the peer has acknowledged our settings. */
  public static final int EARLY_BYTES = 2 * LinkSettings.FIRST_WINDOW_BYTES;

  private LinkCost() {}
}

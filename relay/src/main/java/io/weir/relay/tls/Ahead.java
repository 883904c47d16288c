package io.weir.relay.tls;

import io.weir.relay.budget.SocketLease;

/**
 * How much of what has arrived is decrypted: a record at a time; more for who consumes all that it
 * is shown, and for who looks again without having consumed anything. What is beyond a record is
 * leased before. Thread: the loop.
 */
final class Ahead {
  private final SocketLease lease;

  /** Bytes of the last look that were not consumed. */
  private int shownBytes;

  /** Whether nothing was consumed since the last look. */
  private boolean untouched;

  private int aheadBytes = TlsSpace.RECORD_BYTES;

  Ahead(SocketLease lease) {
    this.lease = lease;
  }

  /**
   * Up to how many opened bytes there should be for a look.
   *
   * @param openedBytes how many there are
   */
  int target(int openedBytes, int lengthMax) {
    if (openedBytes > 0 && untouched && shownBytes >= openedBytes) {
      int wanted = Math.min(openedBytes + TlsSpace.RECORD_BYTES, TlsSpace.OPENED_BYTES_MAX);
      if (wanted > aheadBytes) {
        set(wanted);
      }
    } else if (openedBytes > 0 && aheadBytes == TlsSpace.RECORD_BYTES) {
      return 0; // the sink did not take all of a record: the next one waits
    }
    return Math.min(lengthMax, aheadBytes);
  }

  /** A look has shown so many bytes. */
  void shown(int bytes) {
    shownBytes = bytes;
    untouched = true;
  }

  /** Whether nothing came of the last look, which has shown something. */
  boolean unused() {
    return untouched && shownBytes > 0;
  }

  /**
   * So many bytes are consumed.
   *
   * @param leftBytes how many opened ones are left
   */
  void skipped(int length, int leftBytes) {
    boolean whole = untouched && leftBytes == 0;
    shownBytes = Math.max(0, shownBytes - length);
    untouched = false;
    if (whole && length >= aheadBytes / 2) {
      if (aheadBytes < TlsSpace.OPENED_BYTES_MAX) {
        set(Math.min(2 * aheadBytes, TlsSpace.OPENED_BYTES_MAX));
      }
    } else if (aheadBytes > TlsSpace.RECORD_BYTES && leftBytes <= TlsSpace.RECORD_BYTES) {
      set(TlsSpace.RECORD_BYTES);
    }
  }

  private void set(int bytes) {
    int beyond = bytes - TlsSpace.RECORD_BYTES;
    if (lease.holdInUserSpace(TlsEndpoint.USER_BYTES_MAX + beyond)) {
      aheadBytes = bytes;
    }
  }
}

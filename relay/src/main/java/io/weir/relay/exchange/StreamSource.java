package io.weir.relay.exchange;

import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Scratch;

/** A streamed body as a pump's source: one piece of it at most is here. Thread: the loop. */
final class StreamSource implements Source {
  private static final byte[] NONE = {};

  private final LocalBody.Streamed body;
  private byte[] piece = NONE;
  private int position;
  private boolean ended;

  StreamSource(LocalBody.Streamed body) {
    this.body = body;
  }

  @Override
  public int peek(Scratch into, int offset, int lengthMax) {
    if (position == piece.length && !ended) {
      byte[] next = body.next();
      if (next == null) {
        piece = NONE;
        position = 0;
        return NOTHING_YET;
      }
      ended = next.length == 0;
      piece = next;
      position = 0;
    }
    int length = Math.min(lengthMax, piece.length - position);
    System.arraycopy(piece, position, into.bytes(), offset, length);
    return length == 0 ? END : length;
  }

  @Override
  public void skip(int length) {
    position += length;
  }

  @Override
  public boolean inputEnded() {
    return ended;
  }

  @Override
  public boolean inputBroken() {
    return false;
  }

  @Override
  public boolean readable() {
    return true;
  }
}

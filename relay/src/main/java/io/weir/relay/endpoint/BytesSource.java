package io.weir.relay.endpoint;

import io.weir.relay.loop.Scratch;

/** Bytes of this process as a source, for answers that do not come from an origin. */
public final class BytesSource implements Source {
  private final byte[] bytes;
  private int position;

  /** Borrows {@code bytes}, which must not change afterwards. */
  public BytesSource(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int peek(Scratch into, int offset, int lengthMax) {
    int length = Math.min(lengthMax, bytes.length - position);
    System.arraycopy(bytes, position, into.bytes(), offset, length);
    return length == 0 ? END : length;
  }

  @Override
  public void skip(int length) {
    position += length;
  }

  @Override
  public boolean inputEnded() {
    return true;
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

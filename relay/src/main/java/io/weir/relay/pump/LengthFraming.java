package io.weir.relay.pump;

/** A body of a known length (RFC 9112, 6.2): so many bytes, as they are. */
public final class LengthFraming extends Framing {
  private long leftBytes;

  /**
   * @param lengthBytes of the whole body, 0 or more
   */
  public LengthFraming(long lengthBytes) {
    leftBytes = lengthBytes;
  }

  @Override
  protected Found frame(byte[] bytes, int from, int to, boolean sourceEnded) {
    start = from;
    end = (int) Math.min(to, from + leftBytes);
    if (end > start) {
      return Found.PIECE;
    }
    return sourceEnded ? Found.MALFORMED : Found.NEED_MORE;
  }

  @Override
  protected int sent(int taken) {
    leftBytes -= taken;
    return taken;
  }

  @Override
  protected boolean mayPass(long bytes) {
    return leftBytes >= bytes;
  }

  @Override
  protected long unseenBytes() {
    return leftBytes;
  }

  @Override
  protected void passed(int taken) {
    leftBytes -= taken;
  }

  @Override
  public boolean over() {
    return leftBytes == 0;
  }

  @Override
  public String fault() {
    return "the body ended " + leftBytes + " bytes before its Content-Length";
  }
}

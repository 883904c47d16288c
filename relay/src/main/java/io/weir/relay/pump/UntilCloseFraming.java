package io.weir.relay.pump;

/**
 * Bytes as they are until the source ends: a tunnel, or a body without a length (RFC 9112, 6.3).
 */
public final class UntilCloseFraming extends Framing {
  private boolean over;

  @Override
  protected Found frame(byte[] bytes, int from, int to, boolean sourceEnded) {
    start = from;
    end = to;
    over = sourceEnded && from == to;
    return over || to > from ? Found.PIECE : Found.NEED_MORE;
  }

  @Override
  protected int sent(int taken) {
    return taken;
  }

  @Override
  protected boolean mayPass(long bytes) {
    return true;
  }

  @Override
  protected long unseenBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  protected void passed(int taken) {}

  @Override
  public boolean over() {
    return over;
  }

  @Override
  public String fault() {
    return "the stream broke";
  }
}

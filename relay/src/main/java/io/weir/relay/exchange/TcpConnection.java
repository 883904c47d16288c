package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.origin.OriginPool;
import org.jspecify.annotations.Nullable;

/**
 * A client that is passed on as it is. There is nothing that it could be told, so it is reset where
 * it cannot be. Thread: the loop.
 */
final class TcpConnection extends TunnelConnection {
  private final TcpTarget target;

  TcpConnection(Worker worker, TcpTarget target) {
    super(worker, new LeastLease());
    this.target = target;
  }

  @Override
  void greet() {
    connect();
  }

  @Override
  int greetingBytesMax() {
    return 0;
  }

  @Override
  public String method() {
    return "TCP";
  }

  @Override
  public String target() {
    return target.toString();
  }

  @Override
  public OriginPool.@Nullable Wait dial(OriginPool.Taker taker) {
    return target.dial(endpoint(), taker);
  }

  @Override
  public int accept(byte[] to) {
    return 0;
  }

  @Override
  int refusal(Reason reason, String why, byte[] to) {
    return 0;
  }
}

package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.loop.Scratch;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.sni.ClientHello;
import io.weir.relay.sni.SniRoutes;
import org.jspecify.annotations.Nullable;

/**
 * A TLS client that is passed on by the server name in its ClientHello, which stays in the socket
 * and is the first that passes through the tunnel. A refusal is an alert (RFC 8446, 6.2). Thread:
 * the loop.
 */
final class SniConnection extends TunnelConnection {
  private static final byte DECODE_ERROR = 50;
  private static final byte INTERNAL_ERROR = 80;
  private static final byte UNRECOGNIZED_NAME = 112;

  private final SniRoutes<TcpTarget> routes;
  private @Nullable TcpTarget target;
  private int neededBytes = 1;

  /** Whether a record of TLS has come: only then can an alert be understood. */
  private boolean speaksTls;

  SniConnection(Worker worker, SniRoutes<TcpTarget> routes) {
    super(worker, new LeastLease());
    this.routes = routes;
  }

  @Override
  void greet() {
    int arrived = peek();
    if (arrived == 0) {
      return;
    }
    if (arrived < neededBytes) {
      awaitMore(arrived);
      return;
    }
    int from = Scratch.HEADROOM_BYTES;
    switch (ClientHello.read(loop.in().bytes(), from, from + arrived)) {
      case ClientHello.Incomplete(int bytes) -> {
        speaksTls = true;
        neededBytes = bytes;
        awaitMore(arrived);
      }
      case ClientHello.Malformed(String why) -> refuseGreeting(Reason.BAD_GREETING, why);
      case ClientHello.Whole(String name) -> {
        speaksTls = true;
        route(name);
      }
    }
  }

  private void route(@Nullable String name) {
    target = routes.of(name);
    if (target == null) {
      refuseGreeting(Reason.NO_ROUTE, name == null ? "no server name" : name);
    } else {
      connect();
    }
  }

  @Override
  int greetingBytesMax() {
    return ClientHello.BYTES_MAX;
  }

  @Override
  public String method() {
    return "TLS";
  }

  @Override
  public String target() {
    return target == null ? "-" : target.toString();
  }

  @Override
  public OriginPool.@Nullable Wait dial(OriginPool.Taker taker) {
    TcpTarget found = target;
    if (found == null) {
      throw new IllegalStateException("a tunnel without a far side");
    }
    return found.dial(endpoint(), taker);
  }

  @Override
  public int accept(byte[] to) {
    return 0;
  }

  @Override
  int refusal(Reason reason, String why, byte[] to) {
    if (!speaksTls) {
      return 0;
    }
    byte[] alert = {21, 3, 3, 0, 2, 2, alert(reason)}; // a record of two bytes, fatal
    System.arraycopy(alert, 0, to, 0, alert.length);
    return alert.length;
  }

  private static byte alert(Reason reason) {
    return switch (reason) {
      case NO_ROUTE -> UNRECOGNIZED_NAME;
      case BAD_GREETING -> DECODE_ERROR;
      default -> INTERNAL_ERROR;
    };
  }
}

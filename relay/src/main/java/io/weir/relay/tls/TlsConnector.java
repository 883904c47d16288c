package io.weir.relay.tls;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Greeting;
import io.weir.relay.loop.Loop;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Opens connections, and shakes hands on those that are to speak TLS. Thread: the loop. */
public final class TlsConnector {
  private final Loop loop;
  private final Connector connector;

  /** Makes its TCP connections by {@code connector}, which is the loop's. */
  public TlsConnector(Loop loop, Connector connector) {
    this.loop = loop;
    this.connector = connector;
  }

  /** Starts to connect. The caller limits the time, the handshake's included, and cancels. */
  public Connector.Attempt connect(
      InetSocketAddress address,
      Connector.@Nullable Tls tls,
      @Nullable Greeting greeting,
      Connector.Outcome outcome) {
    if (tls == null) {
      return connector.connect(address, 0, greeting, outcome);
    }
    Secured attempt = new Secured(tls, outcome);
    attempt.tcp = connector.connect(address, TlsEndpoint.USER_BYTES_MAX, greeting, attempt);
    return attempt;
  }

  /** Waits for TCP, then for the handshake. */
  private final class Secured implements Connector.Attempt, Connector.Outcome, Attendant {
    private final Connector.Tls tls;
    private final Connector.Outcome outcome;
    private Connector.@Nullable Attempt tcp;
    private @Nullable TlsEndpoint endpoint;
    private boolean over;

    Secured(Connector.Tls tls, Connector.Outcome outcome) {
      this.tls = tls;
      this.outcome = outcome;
    }

    @Override
    public void connected(Endpoint plain) {
      endpoint = TlsEndpoint.client(loop, plain, tls, this);
      ready();
    }

    @Override
    public void failed(boolean tlsFault, String why) {
      over = true;
      outcome.failed(tlsFault, why);
    }

    @Override
    public void ready() {
      TlsEndpoint shaking = endpoint;
      if (over || shaking == null) {
        return;
      }
      String why = shaking.failure();
      if (why != null) {
        over = true;
        shaking.close();
        outcome.failed(true, why);
      } else if (shaking.established()) {
        over = true;
        outcome.connected(shaking);
      }
    }

    @Override
    public void abandon() {
      if (endpoint != null) {
        endpoint.reset();
      }
    }

    @Override
    public void cancel() {
      if (!over) {
        over = true;
        if (endpoint != null) {
          endpoint.reset();
        } else if (tcp != null) {
          tcp.cancel();
        }
      }
    }
  }
}

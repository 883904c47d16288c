package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.tls.ServerTls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection that begins with a TLS handshake; what lies within is an entry of its own. */
final class TlsOpening implements Opening {
  /** Of type handshake: RFC 8446, 5.1. */
  private static final byte HANDSHAKE_RECORD = 22;

  private final Worker worker;
  private final ServerTls tls;
  private final Entry within;

  private TlsOpening(Worker worker, ServerTls tls, Entry within) {
    this.worker = worker;
    this.tls = tls;
    this.within = within;
  }

  /** An entry where TLS must be spoken; whoever does not is told so. */
  static Entry around(Entry within, Worker worker, ServerTls tls) {
    return new Entry(new PlainText(within.service()), List.of(new TlsOpening(worker, tls, within)));
  }

  @Override
  public Match match(byte[] bytes, int from, int to) {
    return bytes[from] == HANDSHAKE_RECORD ? Match.YES : Match.NO;
  }

  @Override
  public Connection take(Takeover taken) {
    return new TlsHandshake(worker, taken, tls.newEngine(), within);
  }

  /** Answers who came without TLS. */
  private record PlainText(Service within) implements Service {
    @Override
    public @Nullable Exchange begin(ClientConnection client, RequestHead head) {
      client.refuse(Reason.PLAIN_TEXT, "", false);
      return null;
    }

    @Override
    public boolean takes(Method method) {
      return true;
    }

    @Override
    public long restNanosMin() {
      return within.restNanosMin();
    }

    @Override
    public void close() {}
  }
}

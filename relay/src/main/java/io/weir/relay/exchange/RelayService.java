package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.RequestWriter;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import org.jspecify.annotations.Nullable;

/** Relays the requests of one loop to the origin. Thread: the loop. */
final class RelayService implements Service {
  private final RelaySettings settings;
  private final OriginPool pool;
  private final Upstream upstream;
  private final Worker worker;

  RelayService(Worker worker, RelaySettings settings) {
    this.worker = worker;
    this.settings = settings;
    this.pool =
        new OriginPool(
            worker.loop,
            worker.governor,
            worker.raw,
            worker.settings.timeouts().sendMillis(),
            settings.origin(),
            settings.originSettings());
    worker.lendRoom(pool);
    if (settings.originSettings().http2()) {
      pool.speakHttp2(worker.links().toOrigins());
    }
    this.upstream =
        new Upstream(
            pool,
            new RequestWriter(settings.upstream()),
            settings.bodyBytesMax(),
            settings.trusted(),
            null,
            null);
  }

  @Override
  public @Nullable Exchange begin(ClientConnection client, RequestHead head) {
    if (settings.readOnly() && head.method() != Method.GET && head.method() != Method.HEAD) {
      client.refuse(Reason.METHOD_NOT_ALLOWED, "", true);
      return null;
    }
    if (settings.upstream().basePath().length > 0
        && settings.upstream().fixedTarget() == null
        && head.pathEscapes()) {
      client.refuse(Reason.PATH_ESCAPES, "", true);
      return null;
    }
    long limit = settings.bodyBytesMax();
    if (limit >= 0 && head.contentLength() > limit) {
      client.refuse(Reason.BODY_TOO_LARGE, "The limit is " + limit + " bytes", false);
      return null;
    }
    RelayedExchange exchange = new RelayedExchange(client, upstream(client), head, worker);
    exchange.connect(false);
    return exchange;
  }

  private Upstream upstream(ClientConnection client) {
    ProxyHeaderWriter header = settings.sendProxy();
    if (header == null) {
      return upstream;
    }
    Endpoint from = client.endpoint();
    return new Upstream(
        pool,
        upstream.writer(),
        upstream.bodyBytesMax(),
        upstream.trusted(),
        null,
        out -> header.write(from.peer(), from.local(), out, 0));
  }

  @Override
  public void close() {
    pool.close();
  }
}

package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.RequestWriter;
import io.weir.relay.origin.OriginPool;
import org.jspecify.annotations.Nullable;

/** Relays the requests of one loop to the origin. Thread: the loop. */
final class RelayService implements Service {
  final RelaySettings settings;
  final RequestWriter writer;
  final OriginPool pool;
  private final Worker worker;

  RelayService(Worker worker, RelaySettings settings) {
    this.worker = worker;
    this.settings = settings;
    this.writer = new RequestWriter(settings.upstream());
    this.pool =
        new OriginPool(
            worker.loop,
            worker.governor,
            worker.raw,
            worker.settings.timeouts().sendMillis(),
            settings.origin(),
            settings.originSettings());
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
    RelayedExchange exchange = new RelayedExchange(client, this, head, worker);
    exchange.connect(false);
    return exchange;
  }

  @Override
  public void close() {
    pool.close();
  }
}

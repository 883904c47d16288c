package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Answers the requests of one loop without an origin. Thread: the loop. */
final class LocalService implements Service {
  private final Worker worker;
  private final LocalHandler handler;

  LocalService(Worker worker, LocalHandler handler) {
    this.worker = worker;
    this.handler = handler;
  }

  @Override
  public @Nullable Exchange begin(ClientConnection client, RequestHead head) {
    if (head.method() != Method.GET && head.method() != Method.HEAD) {
      client.refuse(Reason.METHOD_NOT_ALLOWED, "", true);
      return null;
    }
    CompletableFuture<LocalResponse> response = handler.handle(head);
    if (response == null) {
      client.refuse(Reason.NOT_FOUND, "", true);
      return null;
    }
    return new LocalExchange(client, worker, head, response);
  }

  @Override
  public void close() {}
}

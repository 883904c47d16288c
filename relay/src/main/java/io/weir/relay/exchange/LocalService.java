package io.weir.relay.exchange;

import io.weir.relay.http1.RequestHead;
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
    return new LocalExchange(client, worker, head, handler.handle(LocalRequest.of(head)));
  }

  /** Whoever asks now comes before who has a connection and does not ask. */
  @Override
  public long restNanosMin() {
    return 0;
  }

  @Override
  public void close() {}
}

package io.weir.relay.exchange;

import io.weir.relay.endpoint.BytesSource;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.loop.Scratch;
import io.weir.relay.pump.CopyPump;
import io.weir.relay.pump.LengthFraming;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A request answered by this process, over the same pump as any other. Thread: the loop. */
final class LocalExchange extends Exchange {
  private final ClientConnection client;
  private final Worker worker;
  private final boolean keepClient;
  private final Tail head = new Tail();
  private final Wait wait = new Wait();
  private final CopyPump pump;
  private boolean over;

  LocalExchange(
      ClientConnection client, Worker worker, RequestHead request, LocalResponse response) {
    this.client = client;
    this.worker = worker;
    this.keepClient = request.keepAlive() && !request.hasBody() && !worker.draining();
    boolean headOnly = request.method() == Method.HEAD;
    byte[] body = headOnly ? new byte[0] : response.body();
    this.pump =
        new CopyPump(
            new BytesSource(body),
            client.endpoint(),
            new LengthFraming(body.length),
            worker.loop.in());
    client.endpoint().skip(request.length());
    worker.counters.exchangeBegun(1);
    Scratch out = worker.loop.out();
    byte[] bytes = headOf(response, request.minorVersion()).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, out.bytes(), 0, bytes.length);
    head.send(client.endpoint(), out, bytes.length, body.length > 0);
  }

  private String headOf(LocalResponse response, int minorVersion) {
    return "HTTP/1.1 "
        + response.status()
        + (response.status() == 200 ? " OK" : " Service Unavailable")
        + "\r\nContent-Type: "
        + response.contentType()
        + "\r\nContent-Length: "
        + response.body().length
        + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        + (keepClient
            ? (minorVersion == 0 ? "Connection: keep-alive\r\n" : "")
            : "Connection: close\r\n")
        + "\r\n";
  }

  @Override
  void advance() {
    if (over) {
      return;
    }
    switch (head.flush(client.endpoint(), worker.loop.out())) {
      case ALL -> pumpBody();
      case BLOCKED -> wait.set(Wait.On.SINK, 0);
      case BROKEN -> cut(Reason.CLIENT_GONE);
    }
  }

  private void pumpBody() {
    switch (pump.run()) {
      case DONE -> {
        end(null);
        if (keepClient) {
          client.nextRequest();
        } else {
          client.closeInOrder(false);
        }
      }
      case GIVE_WAY -> client.giveWay();
      case WAIT_SINK -> wait.set(Wait.On.SINK, pump.movedBytes());
      case WAIT_SOURCE, SOURCE_BROKEN, MALFORMED -> cut(Reason.INTERNAL);
      case SINK_BROKEN -> cut(Reason.CLIENT_GONE);
    }
  }

  @Override
  void sweep(long nowNanos) {
    if (!over
        && wait.sinkOverdue(nowNanos, worker.settings.timeouts().sendMillis(), client.endpoint())) {
      cut(Reason.SEND_TIMEOUT);
    }
  }

  @Override
  void cut(Reason reason) {
    if (!over) {
      end(reason);
      client.close(true);
    }
  }

  private void end(@Nullable Reason reason) {
    over = true;
    worker.counters.exchangeEnded(1);
    if (reason != null) {
      worker.counters.failed(reason);
    }
  }

  @Override
  @Nullable FlowRow row() {
    return null;
  }
}

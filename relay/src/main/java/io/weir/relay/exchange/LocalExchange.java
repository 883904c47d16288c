package io.weir.relay.exchange;

import io.weir.relay.endpoint.BytesSource;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.loop.Scratch;
import io.weir.relay.pump.CopyPump;
import io.weir.relay.pump.LengthFraming;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A request answered by this process, over the same pump as any other. The answer may come later,
 * from another thread; until then nothing is kept of the request but what its answer needs. Thread:
 * the loop.
 */
final class LocalExchange extends Exchange {
  /** Longer than any answer takes that is made at all. */
  private static final long ANSWER_NANOS_MAX = 30_000_000_000L;

  private static final LocalResponse FAILED =
      new LocalResponse(
          500,
          "text/plain; charset=us-ascii",
          "it could not be told; the log says why\n".getBytes(StandardCharsets.US_ASCII));

  private final ClientConnection client;
  private final Worker worker;
  private final boolean keepClient;
  private final boolean headOnly;
  private final int minorVersion;
  private final long beginNanos = System.nanoTime();
  private final Tail head = new Tail();
  private final Wait wait = new Wait();
  private @Nullable CopyPump pump;
  private boolean over;

  LocalExchange(
      ClientConnection client,
      Worker worker,
      RequestHead request,
      CompletableFuture<LocalResponse> response) {
    this.client = client;
    this.worker = worker;
    this.keepClient = request.keepAlive() && !request.hasBody() && !worker.draining();
    this.headOnly = request.method() == Method.HEAD;
    this.minorVersion = request.minorVersion();
    client.endpoint().skip(request.length());
    worker.counters.exchangeBegun(1);
    if (response.isDone()) {
      answer(outcome(response));
    } else {
      response.whenComplete((answer, fault) -> worker.loop.execute(() -> comeBack(answer, fault)));
    }
  }

  /** What a response that is done has come to; it may have failed since it was asked for. */
  private LocalResponse outcome(CompletableFuture<LocalResponse> done) {
    try {
      return done.getNow(FAILED);
    } catch (CompletionException | CancellationException e) {
      worker.loop.faults().record(e);
      return FAILED;
    }
  }

  private void comeBack(@Nullable LocalResponse response, @Nullable Throwable fault) {
    if (over) {
      return;
    }
    if (fault != null) {
      worker.loop.faults().record(fault);
    }
    answer(response == null ? FAILED : response);
    advance();
  }

  private void answer(LocalResponse response) {
    byte[] body = headOnly ? new byte[0] : response.body();
    pump =
        new CopyPump(
            new BytesSource(body),
            client.endpoint(),
            new LengthFraming(body.length),
            worker.loop.in());
    Scratch out = worker.loop.out();
    byte[] bytes = headOf(response).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, out.bytes(), 0, bytes.length);
    head.send(client.endpoint(), out, bytes.length, body.length > 0);
  }

  private String headOf(LocalResponse response) {
    return "HTTP/1.1 "
        + response.status()
        + reason(response.status())
        + "\r\nContent-Type: "
        + response.contentType()
        + "\r\nContent-Length: "
        + response.body().length
        + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        + response.fields()
        + (keepClient
            ? (minorVersion == 0 ? "Connection: keep-alive\r\n" : "")
            : "Connection: close\r\n")
        + "\r\n";
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> " OK";
      case 500 -> " Internal Server Error";
      default -> " Service Unavailable";
    };
  }

  @Override
  void advance() {
    CopyPump body = pump;
    if (over) {
      return;
    }
    if (body == null) {
      if (client.endpoint().failed()) {
        cut(Reason.CLIENT_GONE);
      }
      return;
    }
    switch (head.flush(client.endpoint(), worker.loop.out())) {
      case ALL -> pumpBody(body);
      case BLOCKED -> wait.set(Wait.On.SINK, 0);
      case BROKEN -> cut(Reason.CLIENT_GONE);
    }
  }

  private void pumpBody(CopyPump body) {
    switch (body.run()) {
      case DONE -> {
        end(null);
        if (keepClient) {
          client.nextRequest();
        } else {
          client.closeInOrder(false);
        }
      }
      case GIVE_WAY -> client.giveWay();
      case WAIT_SINK -> wait.set(Wait.On.SINK, body.movedBytes());
      case WAIT_SOURCE, SOURCE_BROKEN, MALFORMED -> cut(Reason.INTERNAL);
      case SINK_BROKEN -> cut(Reason.CLIENT_GONE);
    }
  }

  @Override
  void sweep(long nowNanos) {
    if (over) {
      return;
    }
    if (pump == null) {
      if (nowNanos - beginNanos > ANSWER_NANOS_MAX) {
        cut(Reason.INTERNAL);
      }
      return;
    }
    if (wait.sinkOverdue(nowNanos, worker.settings.timeouts().sendMillis(), client.endpoint())) {
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

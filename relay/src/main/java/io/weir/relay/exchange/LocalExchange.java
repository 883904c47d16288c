package io.weir.relay.exchange;

import io.weir.relay.endpoint.BytesSource;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.ChunkFraming;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.loop.Scratch;
import io.weir.relay.pump.CopyPump;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.LengthFraming;
import io.weir.relay.pump.UntilCloseFraming;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A request answered by this process, over the same pump as any other. The answer may come later,
 * from another thread; until then nothing is kept of the request but what its answer needs. Its
 * body is there as a whole, or made while it is sent, in chunks then. Thread: the loop.
 */
final class LocalExchange extends Exchange {
  /** Longer than any answer takes that is made at all. */
  private static final int ANSWER_MILLIS_MAX = 30_000;

  private static final byte[] NOTHING = {};

  private static final LocalResponse FAILED =
      new LocalResponse(
          500,
          "text/plain; charset=us-ascii",
          "it could not be told; the log says why\n".getBytes(StandardCharsets.US_ASCII));

  private final ClientConnection client;
  private final Worker worker;
  private final boolean hasBody;
  private final boolean headOnly;
  private final int minorVersion;
  private final long beginNanos = System.nanoTime();
  private final Tail head = new Tail();
  private final Wait wait = new Wait();
  private boolean keepClient;
  private LocalBody.@Nullable Streamed stream;
  private @Nullable CopyPump pump;
  private boolean over;

  LocalExchange(
      ClientConnection client,
      Worker worker,
      RequestHead request,
      CompletableFuture<LocalResponse> response) {
    this.client = client;
    this.worker = worker;
    this.hasBody = request.hasBody();
    this.keepClient = request.keepAlive() && !hasBody && !worker.draining();
    this.headOnly = request.method() == Method.HEAD;
    this.minorVersion = request.minorVersion();
    client.endpoint().skip(request.length());
    worker.counters.exchangeBegun(1);
    if (response.isDone()) {
      comeBack(response);
    } else {
      response.whenComplete((_, _) -> onLoop(() -> comeBackLater(response)));
    }
  }

  /** Any thread. */
  private void onLoop(Runnable work) {
    try {
      worker.loop.execute(work);
    } catch (RejectedExecutionException loopHasEnded) {
      return; // and with it this exchange
    }
  }

  private void comeBackLater(CompletableFuture<LocalResponse> response) {
    comeBack(response);
    client.turn();
  }

  private void comeBack(CompletableFuture<LocalResponse> response) {
    LocalResponse answer = FAILED;
    try {
      answer = response.getNow(FAILED);
    } catch (RuntimeException fault) { // CompletionException, CancellationException
      Throwable cause = fault.getCause();
      worker.loop.faults().record(cause == null ? fault : cause);
    }
    if (!over) {
      answer(answer);
    } else if (answer.body() instanceof LocalBody.Streamed unsent) {
      unsent.end();
    }
  }

  private void answer(LocalResponse response) {
    keepClient &= !response.close();
    CopyPump body =
        switch (response.body()) {
          case LocalBody.Whole whole -> whole(headOnly ? NOTHING : whole.bytes());
          case LocalBody.Streamed streamed -> streamed(streamed);
        };
    pump = body;
    Scratch out = worker.loop.out();
    byte[] bytes = headOf(response).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, out.bytes(), 0, bytes.length);
    head.send(client.endpoint(), out, bytes.length, follows(response));
  }

  /** Whether the body's first bytes are there, so that the head need not leave alone. */
  private boolean follows(LocalResponse response) {
    return !headOnly
        && response.body() instanceof LocalBody.Whole whole
        && whole.bytes().length > 0;
  }

  private CopyPump whole(byte[] body) {
    Endpoint sink = client.endpoint();
    return new CopyPump(
        new BytesSource(body), sink, new LengthFraming(body.length), worker.loop.in());
  }

  private CopyPump streamed(LocalBody.Streamed body) {
    if (headOnly) {
      body.end();
      return whole(NOTHING);
    }
    stream = body;
    keepClient &= minorVersion == 1;
    Framing framing =
        minorVersion == 1 ? new ChunkFraming(ChunkFraming.Mode.CHUNK) : new UntilCloseFraming();
    body.begin(() -> onLoop(client::turn));
    return new CopyPump(new StreamSource(body), client.endpoint(), framing, worker.loop.in());
  }

  private String headOf(LocalResponse response) {
    return "HTTP/1.1 "
        + response.status()
        + ' '
        + phrase(response.status())
        + "\r\nContent-Type: "
        + response.contentType()
        + lengthOf(response.body())
        + "\r\nCache-Control: no-store\r\n"
        + response.fields()
        + (keepClient
            ? (minorVersion == 0 ? "Connection: keep-alive\r\n" : "")
            : "Connection: close\r\n")
        + "\r\n";
  }

  private String lengthOf(LocalBody body) {
    return switch (body) {
      case LocalBody.Whole whole -> "\r\nContent-Length: " + whole.bytes().length;
      case LocalBody.Streamed _ -> minorVersion == 1 ? "\r\nTransfer-Encoding: chunked" : "";
    };
  }

  private static String phrase(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 500 -> "Internal Server Error";
      case 503 -> "Service Unavailable";
      default -> ""; // RFC 9112, 4: it may be empty
    };
  }

  @Override
  void advance() {
    CopyPump body = pump;
    if (over) {
      return;
    }
    if (client.endpoint().failed()) {
      cut(Reason.CLIENT_GONE);
      return;
    }
    if (body == null) {
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
          client.closeInOrder(!hasBody);
        }
      }
      case GIVE_WAY -> client.giveWay();
      case WAIT_SINK -> wait.set(Wait.On.SINK, body.movedBytes());
      case WAIT_SOURCE -> awaitMore(body);
      case SOURCE_BROKEN, MALFORMED -> cut(Reason.INTERNAL);
      case SINK_BROKEN -> cut(Reason.CLIENT_GONE);
    }
  }

  private void awaitMore(CopyPump body) {
    if (stream == null) {
      cut(Reason.INTERNAL);
    } else {
      wait.set(Wait.On.SOURCE, body.movedBytes());
    }
  }

  @Override
  void sweep(long nowNanos) {
    if (over) {
      return;
    }
    if (pump == null) {
      if (nowNanos - beginNanos > ANSWER_MILLIS_MAX * 1_000_000L) {
        cut(Reason.INTERNAL);
      }
      return;
    }
    if (wait.sinkOverdue(nowNanos, worker.settings.timeouts().sendMillis(), client.endpoint())) {
      cut(Reason.SEND_TIMEOUT);
    } else if (wait.sourceOverdue(nowNanos, ANSWER_MILLIS_MAX)) {
      cut(Reason.INTERNAL); // whoever makes the stream has stopped without ending it
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
    if (stream != null) {
      stream.end();
    }
  }

  @Override
  @Nullable FlowRow row() {
    return null;
  }
}

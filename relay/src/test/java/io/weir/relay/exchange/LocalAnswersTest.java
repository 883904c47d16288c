package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.loop.Faults;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers of this process' own, at once and later. */
class LocalAnswersTest {
  private final Faults faults = new Faults();
  private final BlockingQueue<CompletableFuture<LocalResponse>> later = new LinkedBlockingQueue<>();
  private final Pieces pieces = new Pieces();
  private HttpServer server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    ServerSettings settings =
        new ServerSettings("local", 1, true, HeadLimits.DEFAULT, Timeouts.DEFAULT, false, null);
    EntrySettings entry = EntrySettings.local(request -> handle(request.target()));
    server = HttpServer.serving(settings, entry, faults);
    port = server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).getPort();
  }

  @AfterEach
  void stop() {
    awaitIdle();
    server.close();
  }

  private void awaitIdle() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (server.totals().openExchanges() > 0 && System.nanoTime() - deadline < 0) {
      Thread.onSpinWait();
    }
    assertThat(server.totals().openExchanges()).isZero();
  }

  private CompletableFuture<LocalResponse> handle(String target) {
    CompletableFuture<LocalResponse> answer = new CompletableFuture<>();
    if (target.equals("/stream")) {
      answer.complete(new LocalResponse(200, "text/plain", "X-A: b\r\n", pieces, false));
    } else if (target.equals("/now")) {
      answer.complete(response("now"));
    } else if (target.equals("/failed")) {
      answer.completeExceptionally(new IllegalStateException("made by the test"));
    } else {
      later.add(answer);
    }
    return answer;
  }

  private static LocalResponse response(String text) {
    return new LocalResponse(200, "text/plain", text.getBytes(US_ASCII));
  }

  private static String answer(RawClient client) throws IOException {
    return new String(client.readBody(client.readHead()), US_ASCII);
  }

  private CompletableFuture<LocalResponse> asked() throws InterruptedException {
    CompletableFuture<LocalResponse> answer = later.poll(20, TimeUnit.SECONDS);
    assertThat(answer).isNotNull();
    return answer;
  }

  @Test
  void answer_thatComesLater_holdsNobodyElseUp() throws Exception {
    try (RawClient slow = RawClient.connect(port);
        RawClient quick = RawClient.connect(port)) {
      slow.write("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n");
      CompletableFuture<LocalResponse> pending = asked();
      quick.write("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(answer(quick)).isEqualTo("now");
      pending.complete(response("later"));
      assertThat(answer(slow)).isEqualTo("later");
      assertThat(answer(slow)).isEqualTo("now");
    }
    assertThat(faults.total()).isZero();
  }

  @Test
  void answer_thatFails_is500AndRecorded() throws Exception {
    try (RawClient client = RawClient.connect(port)) {
      client.write("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
      asked().completeExceptionally(new IllegalStateException("made by the test"));
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 500 Internal Server Error\r\n");
      assertThat(client.readBody(head)).isNotEmpty();
    }
    assertThat(faults.total()).isEqualTo(1);
  }

  @Test
  void answer_thatHasFailedAtOnce_is500AndRecorded() throws Exception {
    try (RawClient client = RawClient.connect(port)) {
      client.write("GET /failed HTTP/1.1\r\nHost: x\r\n\r\n");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 500 Internal Server Error\r\n");
      assertThat(client.readBody(head)).isNotEmpty();
    }
    assertThat(faults.total()).isEqualTo(1);
  }

  @Test
  void stream_thatIsMadeWhileItIsSent_arrivesPieceByPieceAndTheConnectionGoesOn() throws Exception {
    try (RawClient client = RawClient.connect(port)) {
      client.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n");
      String head = client.readHead();
      assertThat(head).contains("Transfer-Encoding: chunked\r\n").contains("X-A: b\r\n");
      pieces.send("one ");
      pieces.send("two");
      pieces.send("");
      assertThat(new String(client.readBody(head), US_ASCII)).isEqualTo("one two");
      assertThat(pieces.ended.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(answer(client)).isEqualTo("now");
    }
    assertThat(faults.total()).isZero();
  }

  @Test
  void stream_whoseClientLeaves_isEnded() throws Exception {
    RawClient client = RawClient.connect(port);
    client.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    client.readHead();
    client.reset();
    assertThat(pieces.ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(faults.total()).isZero();
  }

  @Test
  void stream_toAnOldClient_endsWithTheConnection() throws Exception {
    try (RawClient client = RawClient.connect(port)) {
      client.write("GET /stream HTTP/1.0\r\n\r\n");
      String head = client.readHead();
      assertThat(head).doesNotContain("Transfer-Encoding").contains("Connection: close\r\n");
      pieces.send("all");
      pieces.send("");
      assertThat(new String(client.readBody(head), US_ASCII)).isEqualTo("all");
    }
  }

  /** A body whose pieces the test makes. */
  private static final class Pieces implements LocalBody.Streamed {
    final CountDownLatch ended = new CountDownLatch(1);
    private final BlockingQueue<byte[]> waiting = new LinkedBlockingQueue<>();
    private volatile Runnable more = () -> {};

    void send(String text) {
      waiting.add(text.getBytes(US_ASCII));
      more.run();
    }

    @Override
    public void begin(Runnable wake) {
      more = wake;
    }

    @Override
    public byte @Nullable [] next() {
      return waiting.poll();
    }

    @Override
    public void end() {
      ended.countDown();
    }
  }

  @Test
  void client_thatLeavesBeforeTheAnswer_endsTheExchange() throws Exception {
    RawClient client = RawClient.connect(port);
    client.write("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    CompletableFuture<LocalResponse> pending = asked();
    client.reset();
    awaitIdle();
    pending.complete(response("too late"));
    try (RawClient next = RawClient.connect(port)) {
      next.write("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(answer(next)).isEqualTo("now");
    }
    assertThat(faults.total()).isZero();
  }
}

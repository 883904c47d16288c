package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A gRPC client and a gRPC server with Weir between them: HTTP/2 on both sides, trailers and all.
 */
class GrpcTest {
  private static final int MESSAGE_BYTES = 1024;
  private static final int MESSAGES = 10_000;

  private GrpcService server;
  private Program weir;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    server = new GrpcService();
    weir = Program.serve("--to", "http://127.0.0.1:" + server.port(), "--origin-http2");
    channel =
        NettyChannelBuilder.forAddress(weir.address())
            .usePlaintext()
            .maxInboundMessageSize(16 << 20)
            .build();
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow();
    channel.awaitTermination(5, TimeUnit.SECONDS);
    server.close();
    weir.close();
  }

  private static CallOptions inTime() {
    return CallOptions.DEFAULT.withDeadlineAfter(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS);
  }

  @Test
  void unary_manyAtOnceOfAllSizes_comeBack() throws Exception {
    List<Future<byte[]>> answers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      byte[] message = GrpcService.message(i, i * 499);
      answers.add(
          ClientCalls.futureUnaryCall(channel.newCall(GrpcService.ECHO, inTime()), message));
    }
    for (int i = 0; i < answers.size(); i++) {
      byte[] answer = answers.get(i).get();
      assertThat(answer).isEqualTo(GrpcService.message(i, i * 499));
    }
    byte[] large = GrpcService.message(1, 8_000_001);
    assertThat(ClientCalls.blockingUnaryCall(channel, GrpcService.ECHO, inTime(), large))
        .isEqualTo(large);
  }

  @Test
  void serverStreaming_everyMessageInOrder() {
    Iterator<byte[]> messages =
        ClientCalls.blockingServerStreamingCall(
            channel, GrpcService.SEND, inTime(), request(MESSAGES, MESSAGE_BYTES));
    for (int i = 0; i < MESSAGES; i++) {
      assertThat(messages.next()).isEqualTo(GrpcService.message(i, MESSAGE_BYTES));
    }
    assertThat(messages.hasNext()).isFalse();
  }

  private static byte[] request(int count, int length) {
    return ByteBuffer.allocate(8).putInt(count).putInt(length).array();
  }

  @Test
  void clientStreaming_everyMessageInOrder() throws Exception {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(GrpcService.TAKE, inTime()), last(answer));
    for (int i = 0; i < MESSAGES; i++) {
      requests.onNext(GrpcService.message(i, MESSAGE_BYTES));
    }
    requests.onCompleted();
    String expected = MESSAGES + " " + MESSAGES * MESSAGE_BYTES + " 0";
    assertThat(new String(answer.get(), StandardCharsets.US_ASCII)).isEqualTo(expected);
  }

  private static StreamObserver<byte[]> last(CompletableFuture<byte[]> to) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        to.complete(message);
      }

      @Override
      public void onError(Throwable why) {
        to.completeExceptionally(why);
      }

      @Override
      public void onCompleted() {}
    };
  }

  @Test
  void bidi_oneAfterTheOther_eachComesBackBeforeTheNext() throws Exception {
    Semaphore came = new Semaphore(0);
    AtomicInteger wrong = new AtomicInteger();
    CompletableFuture<byte[]> end = new CompletableFuture<>();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(GrpcService.TALK, inTime()),
            new StreamObserver<>() {
              private int next;

              @Override
              public void onNext(byte[] message) {
                byte[] expected = GrpcService.message(next++, MESSAGE_BYTES);
                wrong.addAndGet(java.util.Arrays.equals(message, expected) ? 0 : 1);
                came.release();
              }

              @Override
              public void onError(Throwable why) {
                end.completeExceptionally(why);
              }

              @Override
              public void onCompleted() {
                end.complete(new byte[0]);
              }
            });
    for (int i = 0; i < 500; i++) {
      requests.onNext(GrpcService.message(i, MESSAGE_BYTES));
      assertThat(came.tryAcquire(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    }
    requests.onCompleted();
    end.get();
    assertThat(wrong).hasValue(0);
  }

  @Test
  void serverStreaming_toAClientThatAsksForNothing_stopsTheServer() throws Exception {
    int count = 100_000;
    ClientCall<byte[], byte[]> call = channel.newCall(GrpcService.SEND, inTime());
    Semaphore came = new Semaphore(0);
    CompletableFuture<Status> ended = new CompletableFuture<>();
    AtomicInteger wrong = new AtomicInteger();
    call.start(
        new ClientCall.Listener<>() {
          private int next;

          @Override
          public void onMessage(byte[] message) {
            byte[] expected = GrpcService.message(next++, MESSAGE_BYTES);
            wrong.addAndGet(java.util.Arrays.equals(message, expected) ? 0 : 1);
            came.release();
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(request(count, MESSAGE_BYTES));
    call.halfClose();
    came.acquire();
    awaitStandstill();
    assertThat(server.sent()).isLessThan(count / 2);
    byte[] small = GrpcService.message(3, 100);
    assertThat(ClientCalls.blockingUnaryCall(channel, GrpcService.ECHO, inTime(), small))
        .as("another call beside the one that stands still")
        .isEqualTo(small);
    call.request(count);
    assertThat(ended.get().getCode()).isEqualTo(Status.Code.OK);
    assertThat(came.availablePermits()).isEqualTo(count - 1);
    assertThat(wrong).hasValue(0);
  }

  private void awaitStandstill() throws InterruptedException {
    int seen = -1;
    for (int still = 0; still < 25; Thread.sleep(20)) {
      still = server.sent() == seen ? still + 1 : 0;
      seen = server.sent();
    }
  }

  @Test
  void error_beforeAnyMessage_hasItsStatusAndItsFields() {
    StatusRuntimeException failed =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, GrpcService.FAIL, inTime(), new byte[0]));
    assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failed.getStatus().getDescription()).isEqualTo("not today, 100 %");
    assertThat(Objects.requireNonNull(failed.getTrailers()).get(GrpcService.DETAIL))
        .isEqualTo("as asked");
    failed =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, GrpcService.NONE, inTime(), new byte[0]));
    assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void deadline_thatPasses_endsTheCallAtTheServerToo() throws Exception {
    byte[] first = new byte[1]; // so that the connections are there before the time runs
    ClientCalls.blockingUnaryCall(channel, GrpcService.ECHO, inTime(), first);
    for (int seconds = 1; seconds <= 32 && server.waiting() == 0; seconds *= 2) {
      CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS);
      StatusRuntimeException failed =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, GrpcService.WAIT, soon, new byte[0]));
      assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
    assertThat(server.waiting()).as("calls that came to the server in time").isPositive();
    awaitCancelled(server.waiting());
  }

  @Test
  void cancel_inMidStream_endsTheCallAtTheServerToo() throws Exception {
    ClientCall<byte[], byte[]> call = channel.newCall(GrpcService.SEND, inTime());
    ClientCalls.asyncServerStreamingCall(
        call, request(1_000_000, MESSAGE_BYTES), last(new CompletableFuture<>()));
    while (server.sent() < 100) {
      Thread.sleep(5);
    }
    call.cancel("enough", null);
    awaitCancelled(1);
  }

  private void awaitCancelled(int count) throws InterruptedException {
    for (long left = Program.WAIT_SECONDS_MAX * 200; left > 0; left--) {
      if (server.cancelled() == count) {
        return;
      }
      Thread.sleep(5);
    }
    assertThat(server.cancelled()).isEqualTo(count);
  }
}

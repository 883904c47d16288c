package io.weir.scenarios;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.weir.load.SeededBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A gRPC server with one method of each call style, and methods that fail. Messages are plain
 * bytes, so that no compiler of protocols is needed.
 */
final class GrpcService implements AutoCloseable {
  static final SeededBytes BYTES = new SeededBytes(33);
  static final Metadata.Key<String> DETAIL =
      Metadata.Key.of("x-detail", Metadata.ASCII_STRING_MARSHALLER);

  /** One message, the same back. */
  static final MethodDescriptor<byte[], byte[]> ECHO = method("Echo", MethodType.UNARY);

  /** Count and length in, so many messages out. */
  static final MethodDescriptor<byte[], byte[]> SEND = method("Send", MethodType.SERVER_STREAMING);

  /** Messages in; how many, of how many bytes, and how many wrong ones, out. */
  static final MethodDescriptor<byte[], byte[]> TAKE = method("Take", MethodType.CLIENT_STREAMING);

  /** Each message comes back. */
  static final MethodDescriptor<byte[], byte[]> TALK = method("Talk", MethodType.BIDI_STREAMING);

  /** Fails with FAILED_PRECONDITION before any message. */
  static final MethodDescriptor<byte[], byte[]> FAIL = method("Fail", MethodType.UNARY);

  /** Never answers; counts who gave it up. */
  static final MethodDescriptor<byte[], byte[]> WAIT = method("Wait", MethodType.UNARY);

  /** A method that the server does not have. */
  static final MethodDescriptor<byte[], byte[]> NONE = method("None", MethodType.UNARY);

  private static final int MESSAGE_BYTES_MAX = 16 << 20;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Server server;

  GrpcService() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .addService(
                ServerServiceDefinition.builder("weir.Test")
                    .addMethod(ECHO, ServerCalls.asyncUnaryCall(GrpcService::echo))
                    .addMethod(SEND, ServerCalls.asyncServerStreamingCall(this::send))
                    .addMethod(TAKE, ServerCalls.asyncClientStreamingCall(GrpcService::take))
                    .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(GrpcService::talk))
                    .addMethod(FAIL, ServerCalls.asyncUnaryCall(GrpcService::fail))
                    .addMethod(WAIT, ServerCalls.asyncUnaryCall(this::await))
                    .build())
            .build()
            .start();
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder(new Plain(), new Plain())
        .setFullMethodName("weir.Test/" + name)
        .setType(type)
        .build();
  }

  int port() {
    return server.getPort();
  }

  /** Messages of {@link #SEND} that were handed over. */
  int sent() {
    return sent.get();
  }

  /** Calls that have come and wait, or have waited. */
  int waiting() {
    return waiting.get();
  }

  int cancelled() {
    return cancelled.get();
  }

  /** The message with number {@code index} of a stream. */
  static byte[] message(int index, int length) {
    byte[] bytes = new byte[length];
    BYTES.fill(bytes, (long) index * length);
    return bytes;
  }

  private static void echo(byte[] request, StreamObserver<byte[]> answer) {
    answer.onNext(request);
    answer.onCompleted();
  }

  private void send(byte[] request, StreamObserver<byte[]> answer) {
    int count = ByteBuffer.wrap(request).getInt();
    int length = ByteBuffer.wrap(request).getInt(4);
    ServerCallStreamObserver<byte[]> to = (ServerCallStreamObserver<byte[]>) answer;
    AtomicInteger next = new AtomicInteger();
    to.setOnCancelHandler(cancelled::incrementAndGet);
    to.setOnReadyHandler(
        () -> {
          while (to.isReady() && next.get() < count) {
            to.onNext(message(next.getAndIncrement(), length));
            sent.incrementAndGet();
            if (next.get() == count) {
              to.onCompleted();
            }
          }
        });
  }

  private static StreamObserver<byte[]> take(StreamObserver<byte[]> answer) {
    return new StreamObserver<>() {
      private int count;
      private int wrong;
      private long bytes;

      @Override
      public void onNext(byte[] message) {
        boolean right =
            BYTES.mismatch(message, 0, message.length, (long) count * message.length) == -1;
        wrong += right ? 0 : 1;
        count++;
        bytes += message.length;
      }

      @Override
      public void onError(Throwable why) {}

      @Override
      public void onCompleted() {
        String text = count + " " + bytes + " " + wrong;
        answer.onNext(text.getBytes(StandardCharsets.US_ASCII));
        answer.onCompleted();
      }
    };
  }

  private static StreamObserver<byte[]> talk(StreamObserver<byte[]> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        answer.onNext(message);
      }

      @Override
      public void onError(Throwable why) {}

      @Override
      public void onCompleted() {
        answer.onCompleted();
      }
    };
  }

  private static void fail(byte[] request, StreamObserver<byte[]> answer) {
    Metadata detail = new Metadata();
    detail.put(DETAIL, "as asked");
    answer.onError(
        Status.FAILED_PRECONDITION.withDescription("not today, 100 %").asException(detail));
  }

  private void await(byte[] request, StreamObserver<byte[]> answer) {
    ((ServerCallStreamObserver<byte[]>) answer).setOnCancelHandler(cancelled::incrementAndGet);
    waiting.incrementAndGet();
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow();
    server.awaitTermination(5, TimeUnit.SECONDS);
  }

  private static final class Plain implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

package io.weir.relay.exchange;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import io.weir.load.SeededBytes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An origin of Netty's own HTTP/2, as another implementation to agree with.
 *
 * <pre>
 *   GET /bytes/N      N bytes with content-length       GET /reset/N   half of N bytes, then a reset
 *   GET /open/N       N bytes without                   GET /refuse    REFUSED_STREAM at first
 *   GET /trailers/N   N bytes, then trailers            GET /goaway    GOAWAY at first, unprocessed
 *   GET /only         trailers only, as gRPC errors     GET /silent    nothing at all
 *   GET /early        103 before the response           GET /bad       a connection field
 *   GET /last/N       GOAWAY, this stream still served: N bytes without content-length
 *   PUT               the count of bytes and where the first is wrong; /early-put answers at once
 *   CONNECT           extended: every byte comes back
 * </pre>
 */
final class Http2Origin implements AutoCloseable {
  static final SeededBytes BYTES = new SeededBytes(27);
  private static final int PIECE_BYTES = 16_000;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> trailers = new CopyOnWriteArrayList<>();
  private final List<Long> resets = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private final AtomicInteger streams = new AtomicInteger();
  private final AtomicInteger streamsMax = new AtomicInteger();
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong received = new AtomicLong();
  private final Channel listener;
  volatile boolean readUploads = true;
  private final List<Channel> open = new CopyOnWriteArrayList<>();
  private final List<Channel> stalled = new CopyOnWriteArrayList<>();

  private Http2Origin(Http2Settings settings, @Nullable SslContext tls) throws Exception {
    listener =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    connections.incrementAndGet();
                    open.add(accepted);
                    accepted.closeFuture().addListener(_ -> open.remove(accepted));
                    if (tls != null) {
                      accepted.pipeline().addLast(tls.newHandler(accepted.alloc()));
                    }
                    accepted
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer()
                                .initialSettings(settings)
                                .validateHeaders(false)
                                .build(),
                            new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                  @Override
                                  protected void initChannel(Channel stream) {
                                    stream.pipeline().addLast(new Answer());
                                  }
                                }));
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
  }

  static Http2Origin start() throws Exception {
    return start(new Http2Settings().maxConcurrentStreams(1000).connectProtocolEnabled(true));
  }

  static Http2Origin start(Http2Settings settings) throws Exception {
    return new Http2Origin(settings, null);
  }

  static Http2Origin start(SslContext tls) throws Exception {
    return new Http2Origin(new Http2Settings().maxConcurrentStreams(1000), tls);
  }

  int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Method, target and fields of each request. */
  List<String> requests() {
    return requests;
  }

  List<String> trailers() {
    return trailers;
  }

  /** Codes of the resets that came. */
  List<Long> resets() {
    return resets;
  }

  int connections() {
    return connections.get();
  }

  int openConnections() {
    return open.size();
  }

  /** Closes all connections at once. */
  void closeConnections() {
    open.forEach(Channel::close);
  }

  /** Tells each connection that it takes no more streams; those that it has go on. */
  void goAwayEverywhere() {
    for (Channel each : open) {
      each.eventLoop()
          .execute(
              () -> {
                Http2FrameCodec codec = each.pipeline().get(Http2FrameCodec.class);
                goAway(each.pipeline(), codec.connection().remote().lastStreamCreated());
              });
    }
  }

  private static void goAway(ChannelPipeline connection, int last) {
    ChannelHandlerContext codecs = connection.context(Http2FrameCodec.class);
    ByteBuf nothing = Unpooled.EMPTY_BUFFER;
    connection
        .get(Http2FrameCodec.class)
        .goAway(codecs, Math.max(0, last), 0, nothing, codecs.newPromise());
    codecs.flush();
  }

  /** Streams that were open at once, at most. */
  int streamsMax() {
    return streamsMax.get();
  }

  int streams() {
    return streams.get();
  }

  /** Bytes of bodies handed to Netty. */
  long written() {
    return written.get();
  }

  /** Bytes of bodies that came. */
  long received() {
    return received.get();
  }

  /** Goes on reading uploads. */
  void readUploads() {
    readUploads = true;
    stalled.forEach(stream -> stream.config().setAutoRead(true));
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** Answers one stream. */
  private final class Answer extends ChannelInboundHandlerAdapter {
    private String target = "";
    private boolean upload;
    private boolean tunnel;
    private boolean headSent;
    private long size;
    private long sent;
    private long arrived;
    private long wrongAt = -1;
    private boolean producing;

    @Override
    public void channelActive(ChannelHandlerContext at) {
      int now = streams.incrementAndGet();
      streamsMax.accumulateAndGet(now, Math::max);
    }

    @Override
    public void channelInactive(ChannelHandlerContext at) {
      streams.decrementAndGet();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext at, Object event) {
      if (event instanceof Http2ResetFrame reset) {
        resets.add(reset.errorCode());
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext at, Object message) {
      if (message instanceof Http2HeadersFrame fields) {
        if (target.isEmpty()) {
          begin(at, fields.headers(), fields.isEndStream());
        } else {
          trailers.add(text(fields.headers()));
          endUpload(at);
        }
      } else if (message instanceof Http2DataFrame data) {
        data(at, data);
      } else {
        ReferenceCountUtil.release(message);
      }
    }

    private void begin(ChannelHandlerContext at, Http2Headers fields, boolean end) {
      target = fields.path().toString();
      requests.add(text(fields));
      upload = "PUT".contentEquals(fields.method()) || "POST".contentEquals(fields.method());
      tunnel = "CONNECT".contentEquals(fields.method());
      if (tunnel) {
        headers(at, new DefaultHttp2Headers().status("200"), false);
      } else if (upload && !end) {
        if (target.equals("/early-put")) {
          headers(at, new DefaultHttp2Headers().status("413"), true);
          at.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
        } else if (!readUploads) {
          stalled.add(at.channel());
          at.channel().config().setAutoRead(false);
        }
      } else {
        answer(at, target.split("/", -1)[1]);
      }
    }

    private void answer(ChannelHandlerContext at, String kind) {
      DefaultHttp2Headers ok = new DefaultHttp2Headers(false);
      ok.status("200");
      switch (kind) {
        case "bytes", "open", "trailers", "reset", "last" -> {
          if (kind.equals("last")) {
            goAwayAfter(at, 0);
          }
          size = Long.parseLong(target.substring(target.lastIndexOf('/') + 1));
          if (kind.equals("bytes")) {
            ok.setLong("content-length", size);
          }
          headers(at, ok, false);
          produce(at);
        }
        case "only" ->
            headers(at, ok.add("content-type", "application/grpc").add("grpc-status", "12"), true);
        case "early" -> {
          headers(at, new DefaultHttp2Headers().status("103").add("link", "</x>"), false);
          headers(at, ok, true);
        }
        case "bad" -> headers(at, ok.add("connection", "close"), true);
        case "refuse" -> {
          if (refusals.getAndIncrement() == 0) {
            at.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM));
          } else {
            headers(at, ok, true);
          }
        }
        case "goaway" -> {
          if (refusals.getAndIncrement() == 0) {
            goAwayAfter(at, 2); // this stream was not looked at
          } else {
            headers(at, ok, true);
          }
        }
        case "silent" -> {}
        default -> headers(at, new DefaultHttp2Headers().status("404"), true);
      }
    }

    /** Says that the last stream looked at is that so far before this one. */
    private void goAwayAfter(ChannelHandlerContext at, int before) {
      int last = ((Http2StreamChannel) at.channel()).stream().id() - before;
      goAway(at.channel().parent().pipeline(), last);
    }

    private void headers(ChannelHandlerContext at, Http2Headers fields, boolean end) {
      headSent = true;
      at.writeAndFlush(new DefaultHttp2HeadersFrame(fields, end));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext at) {
      if (headSent && !upload && !tunnel && size > 0) {
        produce(at);
      }
    }

    private void produce(ChannelHandlerContext at) {
      if (producing) {
        return;
      }
      producing = true;
      boolean trailersFollow = target.startsWith("/trailers/");
      while (sent <= size && at.channel().isWritable() && at.channel().isActive()) {
        if (target.startsWith("/reset/") && sent >= size / 2) {
          sent = size + 1;
          at.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
          break;
        }
        int piece = (int) Math.min(PIECE_BYTES, size - sent);
        byte[] bytes = new byte[piece];
        BYTES.fill(bytes, sent);
        boolean last = sent + piece == size;
        at.writeAndFlush(
            new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), last && !trailersFollow));
        written.addAndGet(piece);
        sent += piece;
        if (last) {
          sent = size + 1;
          if (trailersFollow) {
            headers(at, new DefaultHttp2Headers().add("x-sum", "7").add("grpc-status", "0"), true);
          }
        }
      }
      producing = false;
    }

    private void data(ChannelHandlerContext at, Http2DataFrame data) {
      if (tunnel) {
        at.writeAndFlush(new DefaultHttp2DataFrame(data.content(), data.isEndStream()));
        return;
      }
      ByteBuf content = data.content();
      byte[] bytes = new byte[content.readableBytes()];
      content.readBytes(bytes);
      int wrong = BYTES.mismatch(bytes, 0, bytes.length, arrived);
      if (wrongAt < 0 && wrong >= 0) {
        wrongAt = arrived + wrong;
      }
      arrived += bytes.length;
      received.addAndGet(bytes.length);
      boolean end = data.isEndStream();
      data.release();
      if (end) {
        endUpload(at);
      }
    }

    private void endUpload(ChannelHandlerContext at) {
      byte[] finding =
          (arrived + " " + wrongAt).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      Http2Headers ok = new DefaultHttp2Headers().status("200");
      ok.setLong("content-length", finding.length);
      headers(at, ok, false);
      at.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(finding), true));
    }

    private static String text(Http2Headers fields) {
      StringBuilder text = new StringBuilder();
      fields.forEach(f -> text.append(f.getKey()).append("=").append(f.getValue()).append("\n"));
      return text.toString();
    }
  }
}

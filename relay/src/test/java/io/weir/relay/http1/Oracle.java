package io.weir.relay.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Netty's decoder reads from the same bytes. */
final class Oracle {
  /** One whole message: its start line's parts, its fields and its body. */
  record Message(String start, HttpHeaders headers, String body, HttpHeaders trailers) {}

  private Oracle() {}

  private static HttpDecoderConfig config() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(1 << 17)
        .setMaxHeaderSize(1 << 17)
        .setMaxChunkSize(1 << 17);
  }

  static List<Message> requests(byte[] b, int from, int to) {
    return read(new EmbeddedChannel(new HttpRequestDecoder(config())), b, from, to);
  }

  static List<Message> responses(byte[] b, int from, int to) {
    return read(new EmbeddedChannel(new HttpResponseDecoder(config())), b, from, to);
  }

  private static List<Message> read(EmbeddedChannel channel, byte[] b, int from, int to) {
    channel.writeInbound(Unpooled.copiedBuffer(b, from, to - from));
    List<Message> messages = new ArrayList<>();
    @Nullable HttpMessage head = null;
    StringBuilder body = new StringBuilder();
    for (Object o = channel.readInbound(); o != null; o = channel.readInbound()) {
      if (o instanceof HttpObject part && part.decoderResult().isFailure()) {
        break;
      }
      if (o instanceof HttpMessage message) {
        head = message;
        body.setLength(0);
      }
      if (o instanceof HttpContent content) {
        body.append(content.content().toString(ISO_8859_1));
        content.release();
        if (o instanceof LastHttpContent last && head != null) {
          messages.add(
              new Message(start(head), head.headers(), body.toString(), last.trailingHeaders()));
        }
      }
    }
    channel.releaseInbound();
    channel.close();
    return messages;
  }

  private static String start(HttpMessage head) {
    return switch (head) {
      case HttpRequest request ->
          request.method().name() + " " + request.uri() + " " + request.protocolVersion();
      case HttpResponse response -> response.status().code() + " " + response.protocolVersion();
      default -> throw new IllegalArgumentException("neither request nor response");
    };
  }
}

package io.weir.relay.translation;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.http1.KnownField;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an HTTP/2 request from the head of one of HTTP/1.1 (RFC 9113, 8.3.1).
 *
 * <pre>
 *   METHOD target          :method, :path
 *   Host                   :authority
 *   TE: trailers           te: trailers, without which a gRPC origin refuses
 *   Upgrade: websocket     :method CONNECT, :protocol websocket (RFC 8441)
 *   Upgrade: other         left out: it is an offer, and the origin does not take it
 *   other end-to-end       as they are, names in lower case
 * </pre>
 *
 * What is one connection's alone was left out by whoever wrote the head, and is left out here.
 */
final class RequestFields {
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");
  private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
  private static final AsciiString HOST = AsciiString.cached("host");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");
  private static final AsciiString PROTOCOL = Http2Headers.PseudoHeaderName.PROTOCOL.value();
  private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");
  private static final AsciiString KEY = AsciiString.cached("sec-websocket-key");

  private RequestFields() {}

  /** Whether the request asks for a WebSocket, which HTTP/2 has another form for. */
  static boolean asksForWebSocket(RequestHead head) {
    return head.upgrade()
        && head.method() == Method.GET
        && head.values(KnownField.UPGRADE).equalsIgnoreCase("websocket");
  }

  /** The fields; {@code secure}: whether the origin is spoken to over TLS. */
  static Http2Headers of(RequestHead head, boolean secure) {
    boolean webSocket = asksForWebSocket(head);
    Http2Headers fields = new DefaultHttp2Headers(false);
    fields.method(webSocket ? CONNECT : new AsciiString(head.methodName()));
    fields.scheme(secure ? HTTPS : HTTP);
    fields.authority(new AsciiString(head.host()));
    fields.path(new AsciiString(head.pathAndQuery()));
    if (webSocket) {
      fields.add(PROTOCOL, WEBSOCKET);
    }
    head.endToEnd(new FieldCopy(fields));
    fields.remove(HOST);
    if (head.trailersAccepted()) {
      fields.add(TE, TRAILERS);
    }
    return fields;
  }

  /**
   * Takes the key of a WebSocket from the fields, since HTTP/2 does without; returns what the
   * client's 101 must carry if the origin agrees, empty if there was no key.
   */
  static AsciiString takeKey(Http2Headers fields) {
    @Nullable CharSequence key = fields.getAndRemove(KEY);
    return key == null
        ? AsciiString.EMPTY_STRING
        : WebSocketKey.accept(AsciiString.of(key).toByteArray());
  }
}

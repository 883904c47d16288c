package io.weir.relay.translation;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.http1.Head;
import io.weir.relay.http1.KnownField;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.http2.LinkStream;
import io.weir.relay.loop.Scratch;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A stream that a client has opened: its request is what it shows, and what is written to it is the
 * response, in HTTP/1.1 both.
 *
 * <pre>
 *            1xx
 *           +---+
 *           v   |
 *   ------> HEAD -----> BODY -----> WHOLE
 *            |  no body              ^
 *            +-----------------------+
 * </pre>
 *
 * <p>Thread: the loop.
 */
public final class ServerStream extends StreamEndpoint {
  /** Is told of requests that were refused unseen. */
  public interface Refusals {
    /** A request was malformed, by {@code rule}; its stream is reset. */
    void malformed(String rule);

    /** There was no memory for a request's head; its stream is reset, and may be tried again. */
    void overloaded();
  }

  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString OK = AsciiString.cached("200");
  private static final AsciiString WEBSOCKET_ACCEPT = AsciiString.cached("sec-websocket-accept");
  private static final int SUCCESS_FROM = 200;
  private static final int SUCCESS_TO = 300;

  private final InetSocketAddress local;
  private final TargetForm form;
  private final Refusals refusals;
  private Method method = Method.OTHER;
  private boolean connect;
  private boolean extendedConnect;
  private @Nullable String webSocketKey;
  private boolean requestSeen;

  /**
   * @param peer of the connection that it is a stream of
   * @param local where that had connected to
   * @param form how targets are said in HTTP/1.1
   */
  public ServerStream(
      StreamShare share,
      LinkStream stream,
      InetSocketAddress peer,
      InetSocketAddress local,
      TargetForm form,
      Attendant attendant,
      Refusals refusals) {
    super(share, stream, peer, windows -> share.governor.clientSocket(windows, 0), attendant);
    this.local = local;
    this.form = form;
    this.refusals = refusals;
  }

  @Override
  public InetSocketAddress local() {
    return local;
  }

  // --- The request ------------------------------------------------------------------------------

  @Override
  public void fields(Http2Headers fields, boolean end) {
    try {
      if (requestSeen) {
        endWith(RequestText.trailers(fields));
      } else {
        requestSeen = true;
        begin(new RequestText(fields, end, form), fields, end);
      }
    } catch (MalformedException e) {
      refusals.malformed(e.getMessage() == null ? "" : e.getMessage());
      stream.reset(Http2Error.PROTOCOL_ERROR);
    }
  }

  private void begin(RequestText request, Http2Headers fields, boolean end) {
    byte[] head = request.head();
    if (!leaseText(head.length)) {
      refusals.overloaded();
      stream.reset(Http2Error.REFUSED_STREAM);
      return;
    }
    connect = request.connect();
    extendedConnect = request.extendedConnect();
    webSocketKey = request.key();
    method = extendedConnect ? Method.GET : Method.named(String.valueOf(fields.method()));
    inbound.head(head, request.framing());
    if (end) {
      inbound.end(new byte[0]);
    }
  }

  private void endWith(byte[] trailers) {
    if (trailers.length > 0 && !leaseText(trailers.length)) {
      refusals.overloaded();
      stream.reset(Http2Error.REFUSED_STREAM);
      return;
    }
    inbound.end(trailers);
  }

  // --- The response -----------------------------------------------------------------------------

  @Override
  int send(Scratch from, int offset, int length, boolean more) {
    int taken = 0;
    while (taken < length) {
      BodyOut sending = body;
      int n =
          sending == null
              ? sendHead(from.bytes(), offset + taken, offset + length)
              : sending.send(from, offset + taken, length - taken, more);
      taken += n;
      if (n == 0 || (sending != null && taken < length)) {
        return taken;
      }
    }
    return taken;
  }

  /** Takes one whole head; returns its length, or 0 if it was refused. */
  private int sendHead(byte[] b, int from, int to) {
    if (!stream.takesFields()) {
      return 0;
    }
    ResponseHead head = share.responseHead;
    int length = head.parse(b, from, to);
    if (length == Head.NEED_MORE) {
      throw new IllegalStateException("a head of our own that is not whole");
    }
    if (length < 0) {
      throw new IllegalStateException(
          "a head of our own that breaks a rule: " + head.faultDetail());
    }
    if (head.interim()) {
      stream.fields(fieldsOf(head), false);
      return length;
    }
    if (extendedConnect || connect) {
      answerConnect(head);
    } else {
      begin(head);
    }
    return length;
  }

  private void begin(ResponseHead head) {
    BodyOut.Kind kind =
        switch (head.body(method, false)) {
          case NONE -> BodyOut.Kind.NONE;
          case LENGTH -> BodyOut.Kind.LENGTH;
          case CHUNKED -> BodyOut.Kind.CHUNKED;
          case UNTIL_CLOSE -> BodyOut.Kind.PLAIN;
        };
    BodyOut next = new BodyOut(stream, kind, head.contentLength());
    body = next;
    stream.fields(fieldsOf(head), next.over());
  }

  /** A tunnel stands, or it does not. */
  private void answerConnect(ResponseHead head) {
    boolean success = head.status() >= SUCCESS_FROM && head.status() < SUCCESS_TO;
    boolean stands = extendedConnect ? head.status() == ResponseHead.SWITCHING_PROTOCOLS : success;
    if (!stands && success) {
      // In HTTP/2 it would mean that the tunnel stands.
      stream.reset(Http2Error.CONNECT_ERROR);
      body = new BodyOut(stream, BodyOut.Kind.PLAIN, 0);
    } else if (!stands) {
      begin(head);
    } else if (extendedConnect && !acceptsKey(head)) {
      stream.reset(Http2Error.CONNECT_ERROR);
      body = new BodyOut(stream, BodyOut.Kind.PLAIN, 0);
    } else {
      Http2Headers fields = fieldsOf(head);
      fields.status(extendedConnect ? OK : fields.status());
      fields.remove(WEBSOCKET_ACCEPT);
      fields.remove(CONTENT_LENGTH);
      body = new BodyOut(stream, BodyOut.Kind.PLAIN, 0);
      stream.fields(fields, false);
    }
  }

  /** RFC 6455, 4.1: the origin has understood what it was asked. */
  private boolean acceptsKey(ResponseHead head) {
    String key = webSocketKey;
    if (key == null) {
      return true;
    }
    byte[] sent = key.getBytes(StandardCharsets.US_ASCII);
    String accept = head.value(KnownField.SEC_WEBSOCKET_ACCEPT);
    return accept != null && WebSocketKey.accept(sent).contentEquals(accept);
  }

  private static Http2Headers fieldsOf(ResponseHead head) {
    Http2Headers fields = new DefaultHttp2Headers(false);
    fields.status(AsciiString.of(Integer.toString(head.status())));
    head.endToEnd(new FieldCopy(fields));
    return fields;
  }

  @Override
  void finishOutput() {
    BodyOut sending = body;
    if (sending != null) {
      sending.finish();
    }
    if (sentWhole() && !connect && !extendedConnect) {
      stopInput();
    }
  }
}

package io.weir.relay.translation;

import static io.weir.relay.translation.StreamFault.Retry.ALWAYS;
import static io.weir.relay.translation.StreamFault.Retry.IF_SAFE;
import static io.weir.relay.translation.StreamFault.Retry.NEVER;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.Windows;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Head;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http2.Http2Link;
import io.weir.relay.http2.LinkStream;
import io.weir.relay.http2.StreamEvents;
import io.weir.relay.loop.Scratch;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stream to an origin: it takes a request of HTTP/1.1 and shows the response as one.
 *
 * <pre>
 *   written                                     sent
 *   head ------------------------------------> HEADERS, with END_STREAM if there is no body
 *   body: so many bytes, chunks, a tunnel's --> DATA, trailers; see BodyOut
 * </pre>
 *
 * <p>The head is written whole: streams begin in the order of their numbers, so it cannot wait for
 * its rest.
 *
 * <p>A reset behind a whole response takes nothing from it (RFC 9113, 8.1). Any other reset, a
 * malformed response, and a WebSocket that the origin takes none of, break it: {@link #fault} says
 * why.
 *
 * <p>Thread: the loop.
 */
public final class OriginStream extends StreamEndpoint {
  /** 1xx responses to one request, which may all wait for the client. */
  private static final int INTERIMS_MAX = 64;

  private static final byte[] NOTHING = {};

  private final boolean secure;
  private Method method = Method.OTHER;
  private @Nullable AsciiString webSocketAccept;
  private int interims;
  private boolean headCame;
  private boolean chunkedIn;
  private @Nullable StreamFault fault;

  private OriginStream(
      StreamShare share,
      LinkStream stream,
      boolean secure,
      InetSocketAddress peer,
      Function<Windows, SocketLease> lessor,
      Attendant attendant) {
    super(share, stream, peer, lessor, attendant);
    this.secure = secure;
  }

  /**
   * Opens a stream; only if the link {@link Http2Link#mayOpen}. Its request is to be written before
   * another stream is opened.
   *
   * @param secure whether the origin is spoken to over TLS
   * @param attendant who is told of it from now on
   */
  public static OriginStream open(
      StreamShare share,
      Http2Link link,
      boolean secure,
      InetSocketAddress peer,
      Attendant attendant) {
    return link.open(
        stream ->
            new OriginStream(
                share,
                stream,
                secure,
                peer,
                windows -> share.governor.originSocket(windows, 0),
                attendant));
  }

  /** Why it broke, or null as long as it has not. */
  public @Nullable StreamFault fault() {
    return fault;
  }

  // --- The request ------------------------------------------------------------------------------

  @Override
  int send(Scratch from, int offset, int length, boolean more) {
    BodyOut sending = body;
    if (sending != null) {
      return sending.send(from, offset, length, more);
    }
    int head = sendHead(from.bytes(), offset, length);
    BodyOut begun = body;
    return head <= 0 || head == length || begun == null
        ? head
        : head + begun.send(from, offset + head, length - head, more);
  }

  /** Takes the head, which is written whole; returns its length, 0 if it was refused. */
  private int sendHead(byte[] b, int from, int length) {
    if (!stream.takesFields()) {
      return 0;
    }
    RequestHead head = share.requestHead;
    int headBytes = head.parse(b, from, from + length);
    if (headBytes == Head.NEED_MORE) {
      throw new IllegalStateException("a head of our own that is not whole");
    }
    if (headBytes < 0) {
      throw new IllegalStateException(
          "a head of our own that breaks a rule: " + head.faultDetail());
    }
    boolean webSocket = RequestFields.asksForWebSocket(head);
    if (webSocket && !stream.link().takesExtendedConnect()) {
      breakWith(Reason.ORIGIN_NO_WEBSOCKET, "its settings do not allow it (RFC 8441)", NEVER);
      return Sink.BROKEN;
    }
    Http2Headers fields = RequestFields.of(head, secure);
    webSocketAccept = webSocket ? RequestFields.takeKey(fields) : null;
    method = head.method();
    BodyOut next = new BodyOut(stream, kind(head, webSocket), head.contentLength());
    body = next;
    stream.fields(fields, next.over());
    return headBytes;
  }

  private static BodyOut.Kind kind(RequestHead head, boolean webSocket) {
    if (webSocket) {
      return BodyOut.Kind.PLAIN;
    }
    if (!head.hasBody()) {
      return BodyOut.Kind.NONE;
    }
    return head.chunked() ? BodyOut.Kind.CHUNKED : BodyOut.Kind.LENGTH;
  }

  @Override
  void finishOutput() {
    BodyOut sending = body;
    if (sending != null) {
      sending.finish();
    }
  }

  /** The response is not wanted any more (RFC 9113, 7). */
  @Override
  Http2Error cutCode(boolean sent) {
    return Http2Error.CANCEL;
  }

  @Override
  boolean inputSurvives(long errorCode) {
    return true;
  }

  // --- The response -----------------------------------------------------------------------------

  @Override
  public void fields(Http2Headers fields, boolean end) {
    try {
      if (headCame) {
        trailers(fields, end);
      } else {
        head(new ResponseText(fields, end, method, webSocketAccept), end);
      }
    } catch (MalformedException e) {
      malformed(e.getMessage() == null ? "" : e.getMessage());
    }
  }

  private void head(ResponseText text, boolean end) throws MalformedException {
    headCame = !text.interim();
    if (!headCame && ++interims > INTERIMS_MAX) {
      throw new MalformedException("More than " + INTERIMS_MAX + " 1xx responses");
    }
    byte[] head = text.head();
    if (waits(head)) {
      inbound.head(head, text.framing());
      chunkedIn = text.framing() == Inbound.Framing.CHUNKED;
      if (end) {
        inbound.end(NOTHING);
      }
    }
  }

  private void trailers(Http2Headers fields, boolean end) throws MalformedException {
    if (!end) {
      throw new MalformedException("Fields behind the head do not end the stream");
    }
    byte[] trailers = ResponseText.trailers(fields);
    if (waits(trailers)) {
      inbound.end(chunkedIn ? trailers : NOTHING);
    }
  }

  /** Whether there is memory for text until it is consumed. */
  private boolean waits(byte[] text) {
    if (text.length == 0 || leaseText(text.length)) {
      return true;
    }
    breakWith(Reason.OVERLOADED, "no memory is left for the fields of the response", NEVER);
    stream.reset(Http2Error.CANCEL);
    return false;
  }

  private void malformed(String rule) {
    breakWith(Reason.ORIGIN_BAD_RESPONSE, rule, NEVER);
    stream.reset(Http2Error.PROTOCOL_ERROR);
  }

  private void breakWith(Reason reason, String why, StreamFault.Retry retry) {
    if (fault == null) {
      fault = new StreamFault(reason, why, retry);
    }
    inbound.breakOff();
  }

  @Override
  public void broken(long errorCode) {
    if (!inbound.ended()) {
      String malformed = stream.malformed();
      if (malformed != null) {
        breakWith(Reason.ORIGIN_BAD_RESPONSE, malformed, NEVER);
      } else {
        breakWith(Reason.ORIGIN_CLOSED, told(errorCode), retry(errorCode));
      }
    }
    super.broken(errorCode);
  }

  private StreamFault.Retry retry(long errorCode) {
    if (errorCode == StreamEvents.LINK_GONE) {
      return IF_SAFE;
    }
    return errorCode == Http2Error.REFUSED_STREAM.code() && !headCame ? ALWAYS : NEVER;
  }

  private static String told(long errorCode) {
    if (errorCode == StreamEvents.LINK_GONE) {
      return "the origin closed the connection";
    }
    Http2Error known = Http2Error.valueOf(errorCode);
    return "the origin reset the stream: " + (known == null ? "error " + errorCode : known.name());
  }
}

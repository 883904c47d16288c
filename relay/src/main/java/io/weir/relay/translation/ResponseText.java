package io.weir.relay.translation;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.http1.Method;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/1.1 response from the fields of an HTTP/2 response.
 *
 * <pre>
 *   :status, fields            the stream           HTTP/1.1
 *   1xx                        goes on              an interim head
 *   2xx to extended CONNECT    goes on              101, a tunnel
 *   to HEAD; 204, 304          without content      as it is
 *   content-length             goes on              the same
 *   none                       goes on              Transfer-Encoding: chunked
 *   any but the above          ends with them       Content-Length: 0
 * </pre>
 *
 * So a response that ends with its fields, as gRPC tells of an error, still does so if it becomes
 * HTTP/2 again for the client.
 *
 * <p>Malformed (RFC 9113, 8.1.1, 8.2 and 8.3.2) is any field that breaks {@link FieldRules}, a
 * pseudo-field but one :status, 101, an interim response that ends the stream, a repeated or
 * senseless content-length, one above 0 where the stream ends without content. A pseudo-field
 * behind others cannot be seen here: Netty's decoder refuses it, and its table sorts.
 */
final class ResponseText {
  private static final AsciiString STATUS = Http2Headers.PseudoHeaderName.STATUS.value();
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString ACCEPT = AsciiString.cached("sec-websocket-accept");
  private static final int SWITCHING_PROTOCOLS = 101;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;

  private final Lines lines = new Lines();
  private final Http2Headers fields;
  private int status;
  private long contentLength = -1;
  private boolean chunked;

  /**
   * Reads the fields of a response, or of an interim one.
   *
   * @param end whether the stream ends with them
   * @param method of the request
   * @param webSocketAccept what a 101 is to carry, if the request was an extended CONNECT, else
   *     null
   * @throws MalformedException if the response must not be passed on
   */
  ResponseText(
      Http2Headers fields, boolean end, Method method, @Nullable AsciiString webSocketAccept)
      throws MalformedException {
    this.fields = fields;
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      read(field.getKey(), field.getValue());
    }
    judgeStatus(end);
    if (interim()) {
      head(status, false, null);
    } else if (webSocketAccept != null && status / 100 == 2) {
      head(SWITCHING_PROTOCOLS, false, ACCEPT);
      lines.put("connection: upgrade\r\nupgrade: websocket\r\n").field(ACCEPT, webSocketAccept);
    } else {
      finalHead(end, method);
    }
    lines.put("\r\n");
  }

  private void read(CharSequence name, CharSequence value) throws MalformedException {
    if (FieldRules.isPseudo(name)) {
      if (status != 0 || !STATUS.contentEquals(name)) {
        throw new MalformedException("A response has one :status and no other pseudo-field");
      }
      status = value.length() == 3 ? (int) FieldRules.decimal(value) : -1;
      return;
    }
    check(name, value);
    if (CONTENT_LENGTH.contentEquals(name)) {
      if (contentLength >= 0 || FieldRules.decimal(value) < 0) {
        throw new MalformedException("content-length is not one plain number");
      }
      contentLength = FieldRules.decimal(value);
    }
  }

  private static void check(CharSequence name, CharSequence value) throws MalformedException {
    String fault = FieldRules.fault(name, value);
    if (fault != null) {
      throw new MalformedException(fault);
    }
    if (TE.contentEquals(name)) {
      throw new MalformedException("A response has the field te");
    }
  }

  /**
   * Trailers as lines.
   *
   * @throws MalformedException if the response must not be passed on
   */
  static byte[] trailers(Http2Headers fields) throws MalformedException {
    Lines lines = new Lines();
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      check(field.getKey(), field.getValue()); // a pseudo-field has no token for a name
      lines.field(field.getKey(), field.getValue());
    }
    return lines.take();
  }

  private void judgeStatus(boolean end) throws MalformedException {
    if (status == SWITCHING_PROTOCOLS) {
      throw new MalformedException("A response of HTTP/2 cannot be a 101");
    }
    if (status < 100 || status > 599) {
      throw new MalformedException(":status is not a number from 100 to 599");
    }
    if (interim() && end) {
      throw new MalformedException("An interim response ends the stream");
    }
  }

  private void finalHead(boolean end, Method method) throws MalformedException {
    boolean none = method == Method.HEAD || status == NO_CONTENT || status == NOT_MODIFIED;
    if (!none && end && contentLength > 0) {
      throw new MalformedException("The stream ends without the content that was told of");
    }
    head(status, status != NO_CONTENT, null);
    if (!none && contentLength < 0) {
      chunked = !end;
      lines.put(end ? "content-length: 0\r\n" : "transfer-encoding: chunked\r\n");
    }
  }

  /** A reason is not sent by HTTP/2, and may be empty in HTTP/1.1 (RFC 9112, 4). */
  private void head(int code, boolean withLength, @Nullable AsciiString without) {
    lines.put("HTTP/1.1 ").put(Integer.toString(code)).put(" \r\n");
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      boolean left =
          FieldRules.isPseudo(name)
              || (!withLength && CONTENT_LENGTH.contentEquals(name))
              || (without != null && without.contentEquals(name));
      if (!left) {
        lines.field(name, field.getValue());
      }
    }
  }

  /** Whether another head follows. */
  boolean interim() {
    return status < 200;
  }

  /** How the data are framed behind the head. */
  Inbound.Framing framing() {
    return chunked ? Inbound.Framing.CHUNKED : Inbound.Framing.PLAIN;
  }

  byte[] head() {
    return lines.take();
  }
}

package io.weir.relay.translation;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.http1.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A response of HTTP/2 as the head, and the trailer section, of one of HTTP/1.1.
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
 *
 * <p>One for each loop: what it has read holds until it reads again.
 */
final class ResponseText {
  /** How content follows. */
  enum Body {
    /** Not at all. */
    NONE,
    /** So many bytes. */
    LENGTH,
    /** In the chunked coding. */
    CHUNKED,
    /** The bytes of a tunnel. */
    TUNNEL
  }

  private static final AsciiString STATUS = AsciiString.cached(":status");
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString ACCEPT = AsciiString.cached("sec-websocket-accept");
  private static final int SWITCHING_PROTOCOLS = 101;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;
  private static final int FIRST_BYTES = 1024;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;
  private int status;
  private long contentLength;
  private Body body = Body.NONE;
  private String fault = "";

  /**
   * Reads the fields of a response, or of an interim one.
   *
   * @param endStream whether the stream ends with them
   * @param webSocketAccept what a 101 is to carry, if the request was an extended CONNECT, else
   *     null
   * @return whether they are well-formed; if not, {@link #fault} says why
   */
  boolean head(
      Http2Headers fields,
      boolean endStream,
      Method method,
      @Nullable AsciiString webSocketAccept) {
    begin();
    if (!scan(fields, true)) {
      return false;
    }
    if (status < 100 || status > 599 || status == SWITCHING_PROTOCOLS) {
      return bad(
          status == SWITCHING_PROTOCOLS
              ? "A response of HTTP/2 cannot be a 101"
              : ":status is not a number from 100 to 599");
    }
    if (interim()) {
      if (endStream) {
        return bad("An interim response ends the stream");
      }
      statusLine(status);
      lines(fields, false, null);
      put("\r\n");
      return true;
    }
    if (webSocketAccept != null && status / 100 == 2) {
      tunnel(fields, webSocketAccept);
      return true;
    }
    return finalHead(fields, endStream, method);
  }

  private boolean finalHead(Http2Headers fields, boolean endStream, Method method) {
    boolean none = method == Method.HEAD || status == NO_CONTENT || status == NOT_MODIFIED;
    if (!none && endStream && contentLength > 0) {
      return bad("The stream ends without the content that content-length tells of");
    }
    statusLine(status);
    lines(fields, status != NO_CONTENT, null);
    if (none) {
      body = Body.NONE;
    } else if (contentLength >= 0 || endStream) {
      body = contentLength > 0 ? Body.LENGTH : Body.NONE;
      if (contentLength < 0) {
        put("content-length: 0\r\n");
      }
    } else {
      body = Body.CHUNKED;
      put("transfer-encoding: chunked\r\n");
    }
    put("\r\n");
    return true;
  }

  private void tunnel(Http2Headers fields, AsciiString accept) {
    body = Body.TUNNEL;
    statusLine(SWITCHING_PROTOCOLS);
    lines(fields, false, ACCEPT);
    put("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ");
    put(accept);
    put("\r\n\r\n");
  }

  /**
   * Reads the fields behind the content, as the end of a chunked body: last chunk and trailer
   * section.
   *
   * @return whether they are well-formed; if not, {@link #fault} says why
   */
  boolean trailers(Http2Headers fields) {
    begin();
    if (!scan(fields, false)) {
      return false;
    }
    put("0\r\n");
    lines(fields, false, null);
    put("\r\n");
    return true;
  }

  private void begin() {
    length = 0;
    status = 0;
    contentLength = -1;
    body = Body.NONE;
    fault = "";
  }

  /** Judges all fields before any is written. */
  private boolean scan(Http2Headers fields, boolean ofHead) {
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      CharSequence value = field.getValue();
      if (FieldRules.isPseudo(name)) {
        if (!ofHead || status != 0 || !STATUS.contentEquals(name)) {
          return bad("The only pseudo-field of a response is one :status, and none is in trailers");
        }
        status = value.length() == 3 ? (int) FieldRules.decimal(value) : -1;
        continue;
      }
      String broken = FieldRules.fault(name, value);
      if (broken != null) {
        return bad(broken);
      }
      if (TE.contentEquals(name)) {
        return bad("A response has the field te");
      }
      if (ofHead && CONTENT_LENGTH.contentEquals(name)) {
        if (contentLength >= 0 || FieldRules.decimal(value) < 0) {
          return bad("content-length is not one plain number");
        }
        contentLength = FieldRules.decimal(value);
      }
    }
    return true;
  }

  private boolean bad(String rule) {
    fault = rule;
    return false;
  }

  /** A reason is not sent by HTTP/2, and may be empty in HTTP/1.1 (RFC 9112, 4). */
  private void statusLine(int code) {
    put("HTTP/1.1 ");
    put(Integer.toString(code));
    put(" \r\n");
  }

  private void lines(Http2Headers fields, boolean withLength, @Nullable AsciiString without) {
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      if (FieldRules.isPseudo(name)
          || (!withLength && CONTENT_LENGTH.contentEquals(name))
          || (without != null && without.contentEquals(name))) {
        continue;
      }
      put(name);
      put(": ");
      put(field.getValue());
      put("\r\n");
    }
  }

  private void put(CharSequence text) {
    int more = text.length();
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
    for (int i = 0; i < more; i++) {
      bytes[length + i] = (byte) text.charAt(i);
    }
    length += more;
  }

  /** Whether it is interim: another head follows. */
  boolean interim() {
    return status < 200;
  }

  int status() {
    return status;
  }

  Body body() {
    return body;
  }

  /** What content-length says, or -1. */
  long contentLength() {
    return contentLength;
  }

  /** The rule that was broken, as a constant sentence in ASCII. */
  String fault() {
    return fault;
  }

  /** What is to be read instead, as a new array. */
  byte[] bytes() {
    return Arrays.copyOf(bytes, length);
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
  }
}

package io.weir.relay.translation;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.http1.Octets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/1.1 request from the fields of an HTTP/2 request (RFC 9113, 8.3.1).
 *
 * <pre>
 *   :method :path                  METHOD PATH HTTP/1.1
 *     where clients name the origin  METHOD SCHEME://AUTHORITY PATH HTTP/1.1
 *   :authority, or host            Host
 *   cookie, cookie                 Cookie: one; two            RFC 9113, 8.2.3
 *   fields                         as they are
 *   data follow, no content-length Transfer-Encoding: chunked
 *
 *   CONNECT :authority             CONNECT AUTHORITY HTTP/1.1
 *   CONNECT :protocol websocket    GET PATH, Connection: Upgrade, Upgrade, Sec-WebSocket-Key
 *                                                              RFC 8441, 5
 * </pre>
 *
 * What would be refused in HTTP/1.1 too (a bad host, a target in no form) is left to the one parser
 * that refuses it there; only what could change the meaning of the bytes is refused here, and what
 * RFC 9113 calls malformed.
 */
final class RequestText {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int KEY_BYTES = 16;
  private static final AsciiString METHOD = Http2Headers.PseudoHeaderName.METHOD.value();
  private static final AsciiString SCHEME = Http2Headers.PseudoHeaderName.SCHEME.value();
  private static final AsciiString AUTHORITY = Http2Headers.PseudoHeaderName.AUTHORITY.value();
  private static final AsciiString PATH = Http2Headers.PseudoHeaderName.PATH.value();
  private static final AsciiString PROTOCOL = Http2Headers.PseudoHeaderName.PROTOCOL.value();

  private static final AsciiString COOKIE = AsciiString.cached("cookie");
  private static final AsciiString HOST = AsciiString.cached("host");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");

  private final Lines lines = new Lines();
  private final Http2Headers fields;
  private final boolean end;
  private final TargetForm form;
  private @Nullable CharSequence method;
  private @Nullable CharSequence scheme;
  private @Nullable CharSequence authority;
  private @Nullable CharSequence path;
  private @Nullable CharSequence protocol;
  private @Nullable CharSequence host;
  private boolean contentLength;
  private @Nullable String key;

  /**
   * Reads the fields.
   *
   * @param end whether no data follow
   * @throws MalformedException if the request must be reset
   */
  RequestText(Http2Headers fields, boolean end, TargetForm form) throws MalformedException {
    this.fields = fields;
    this.end = end;
    this.form = form;
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      if (FieldRules.isPseudo(name)) {
        pseudo(AsciiString.of(name), field.getValue());
      } else {
        check(name, field.getValue());
        if (HOST.contentEquals(name)) {
          host = once(host, field.getValue());
        }
        contentLength |= CONTENT_LENGTH.contentEquals(name);
      }
    }
    judge();
    write();
  }

  private static void check(CharSequence name, CharSequence value) throws MalformedException {
    String fault = FieldRules.fault(name, value);
    if (fault != null) {
      throw new MalformedException(fault);
    }
    if (TE.contentEquals(name) && !TRAILERS.contentEqualsIgnoreCase(value)) {
      throw new MalformedException("TE is not \"trailers\"");
    }
  }

  /**
   * Trailers as lines.
   *
   * @throws MalformedException if the request must be reset
   */
  static byte[] trailers(Http2Headers fields) throws MalformedException {
    Lines lines = new Lines();
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      check(field.getKey(), field.getValue()); // a pseudo-field has no token for a name
      lines.field(field.getKey(), field.getValue());
    }
    return lines.take();
  }

  private void pseudo(AsciiString name, CharSequence value) throws MalformedException {
    if (name.equals(METHOD)) {
      method = once(method, value);
    } else if (name.equals(SCHEME)) {
      scheme = once(scheme, value);
    } else if (name.equals(AUTHORITY)) {
      authority = once(authority, value);
    } else if (name.equals(PATH)) {
      path = once(path, value);
    } else if (name.equals(PROTOCOL)) {
      protocol = once(protocol, value);
    } else {
      throw new MalformedException("A pseudo-field is not known");
    }
  }

  private static CharSequence once(@Nullable CharSequence before, CharSequence value)
      throws MalformedException {
    if (before != null) {
      throw new MalformedException("A field that may stand once occurs twice");
    }
    return value;
  }

  private void judge() throws MalformedException {
    if (method == null || !Lines.only(method, Octets.TOKEN)) {
      throw new MalformedException(":method is missing or not a token");
    }
    boolean connect = "CONNECT".contentEquals(method);
    if (connect && protocol == null) {
      if (scheme != null || path != null || authority == null) {
        throw new MalformedException("CONNECT has :authority and nothing else");
      }
    } else if (scheme == null || path == null) {
      throw new MalformedException(":scheme or :path is missing");
    } else if (!scheme("http") && !scheme("https")) {
      throw new MalformedException(":scheme is neither http nor https");
    }
    if (protocol != null && !(connect && authority != null)) {
      throw new MalformedException(":protocol is for CONNECT with an authority");
    }
    if (protocol != null && !Lines.only(protocol, Octets.TOKEN)) {
      throw new MalformedException(":protocol is not a token"); // it becomes the Upgrade field
    }
    if ((path != null && !Lines.only(path, Octets.TARGET))
        || (authority != null && !Lines.only(authority, Octets.TARGET))) {
      throw new MalformedException(":path or :authority is empty or holds what it may not");
    }
    if (path != null && !beginsPath(path)) {
      // RFC 9113, 8.3.1. Behind an authority it would go on with that: a. and .b
      throw new MalformedException(":path does not begin with a slash");
    }
    if (authority != null
        && host != null
        && !AsciiString.contentEqualsIgnoreCase(authority, host)) {
      throw new MalformedException("Host is not what :authority says");
    }
  }

  private boolean beginsPath(CharSequence text) {
    return text.charAt(0) == '/' || asksForServer(text);
  }

  /** RFC 9113, 8.3.1: OPTIONS for a server as a whole. */
  private boolean asksForServer(CharSequence text) {
    return "*".contentEquals(text) && "OPTIONS".contentEquals(text(method));
  }

  private boolean scheme(String known) {
    return AsciiString.contentEqualsIgnoreCase(scheme, known);
  }

  /** Whether it asks for a protocol of its own on the stream (RFC 8441). */
  boolean extendedConnect() {
    return protocol != null;
  }

  /** Whether it asks for a tunnel (RFC 9113, 8.5). */
  boolean connect() {
    return protocol == null && "CONNECT".contentEquals(text(method));
  }

  /** The key that the origin must answer, of a WebSocket; else null. */
  @Nullable String key() {
    return key;
  }

  /** How the data are framed behind the head. */
  Inbound.Framing framing() {
    boolean chunked = !end && !contentLength && !connect() && !extendedConnect();
    return chunked ? Inbound.Framing.CHUNKED : Inbound.Framing.PLAIN;
  }

  byte[] head() {
    return lines.take();
  }

  private static CharSequence text(@Nullable CharSequence value) {
    return value == null ? "" : value;
  }

  private void write() {
    CharSequence named = authority != null ? authority : host;
    lines.put(extendedConnect() ? "GET" : text(method)).put(" ");
    target(named);
    lines.put(" HTTP/1.1\r\n");
    if (named != null) {
      lines.field("Host", named);
    }
    StringBuilder cookies = null;
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      CharSequence name = field.getKey();
      if (COOKIE.contentEquals(name)) {
        cookies = cookies == null ? new StringBuilder() : cookies.append("; ");
        cookies.append(field.getValue());
      } else if (passes(name)) {
        lines.field(name, field.getValue());
      }
    }
    if (cookies != null) {
      lines.field("cookie", cookies);
    }
    framingFields();
    lines.put("\r\n");
  }

  private void target(@Nullable CharSequence named) {
    if (connect()) {
      lines.put(text(authority));
      return;
    }
    boolean absolute = form == TargetForm.ABSOLUTE && named != null;
    if (absolute) {
      lines.put(scheme("https") ? "https://" : "http://").put(text(named));
    }
    CharSequence given = text(path);
    if (!absolute || !asksForServer(given)) { // RFC 9112, 3.2.4: in absolute-form it is no path
      lines.put(given);
    }
  }

  private boolean passes(CharSequence name) {
    if (FieldRules.isPseudo(name) || HOST.contentEquals(name)) {
      return false;
    }
    // Of a WebSocket only the proxy knows the key, and its data have no length.
    return !extendedConnect()
        || !(CONTENT_LENGTH.contentEquals(name)
            || AsciiString.contentEquals("sec-websocket-key", name));
  }

  private void framingFields() {
    if (extendedConnect()) {
      byte[] random = new byte[KEY_BYTES];
      RANDOM.nextBytes(random);
      key = Base64.getEncoder().encodeToString(random);
      lines.put("Connection: Upgrade\r\n").field("Upgrade", text(protocol));
      lines.field("Sec-WebSocket-Key", key);
    } else if (framing() == Inbound.Framing.CHUNKED) {
      lines.put("Transfer-Encoding: chunked\r\n");
    } else if (end && !contentLength && sendsContent()) {
      lines.put("Content-Length: 0\r\n"); // RFC 9110, 8.6
    }
  }

  private boolean sendsContent() {
    CharSequence name = text(method);
    return "POST".contentEquals(name) || "PUT".contentEquals(name) || "PATCH".contentEquals(name);
  }
}

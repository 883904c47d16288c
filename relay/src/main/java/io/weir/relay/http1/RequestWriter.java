package io.weir.relay.http1;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Writes what goes to the origin, always anew from what was understood (RFC 9110, 7.6).
 *
 * <pre>
 *   METHOD target HTTP/1.1
 *   Host                         the policy's, or the client's
 *   end-to-end fields            in order, byte for byte; one space behind the colon
 *   Content-Length | Transfer-Encoding: chunked
 *   Upgrade, TE, Connection      only as far as they are meant for the origin
 *   X-Forwarded-*, Forwarded     replaced, or appended to those of a trusted peer
 *   Via
 * </pre>
 *
 * <p>Left out: Connection, what it names, Keep-Alive, Proxy-Connection, TE, Transfer-Encoding,
 * Upgrade, HTTP2-Settings, Proxy-Authorization (for this hop), and Expect from an HTTP/1.0 client.
 * What Connection names cannot be Host, Content-Length, Expect, Via or a field this class writes.
 *
 * <p>Confined to its loop, does not allocate. Takes a head that was parsed and whose array has not
 * changed since.
 */
public final class RequestWriter {
  /** The constant parts of all fields that may be added, their CRLFs included. */
  private static final int CONSTANT_BYTES_MAX = 512;

  private static final byte[] VERSION = Octets.ascii(" HTTP/1.1\r\nHost: ");
  private static final byte[] CONTENT_LENGTH = Octets.ascii("Content-Length: ");
  private static final byte[] CHUNKED = Octets.ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] TE = Octets.ascii("TE: trailers\r\nConnection: TE\r\n");
  private static final byte[] UPGRADE = Octets.ascii("Connection: Upgrade\r\n");
  private static final byte[] UPGRADE_TE =
      Octets.ascii("TE: trailers\r\nConnection: Upgrade, TE\r\n");
  private static final byte[] FORWARDED_FOR = Octets.ascii("X-Forwarded-For: ");
  private static final byte[] FORWARDED_PROTO = Octets.ascii("X-Forwarded-Proto: ");
  private static final byte[] FORWARDED_HOST = Octets.ascii("X-Forwarded-Host: ");
  private static final byte[] FORWARDED = Octets.ascii("Forwarded: ");
  private static final byte[] FOR = Octets.ascii("for=");
  private static final byte[] FOR_V6 = Octets.ascii("for=\"[");
  private static final byte[] V6_END = Octets.ascii("]\"");
  private static final byte[] HOST_PARAMETER = Octets.ascii(";host=\"");
  private static final byte[] PROTO_PARAMETER = Octets.ascii(";proto=");
  private static final byte[] HTTP = Octets.ascii("http");
  private static final byte[] HTTPS = Octets.ascii("https");
  private static final byte[] VIA_0 = Octets.ascii("Via: 1.0 weir\r\n");
  private static final byte[] VIA_1 = Octets.ascii("Via: 1.1 weir\r\n");

  private final UpstreamPolicy policy;
  private final int policyBytes;

  /** One per event loop and policy. */
  public RequestWriter(UpstreamPolicy policy) {
    this.policy = policy;
    byte[] fixed = policy.fixedTarget();
    this.policyBytes =
        policy.authority().length + policy.basePath().length + (fixed == null ? 0 : fixed.length);
  }

  /** A client's address as {@link #write} takes it, without a zone. */
  public static byte[] text(@Nullable InetAddress address) {
    String text = address == null ? "unknown" : address.getHostAddress();
    int zone = text.indexOf('%');
    return Octets.ascii(zone < 0 ? text : text.substring(0, zone));
  }

  /** Bytes of room that are always enough for {@link #write}. */
  public int bytesMax(RequestHead head, byte[] peerAddress) {
    return head.length()
        + head.fieldCount()
        + policyBytes
        + 3 * (head.hostTo() - head.hostFrom())
        + 2 * peerAddress.length
        + CONSTANT_BYTES_MAX;
  }

  /** As the longer form, for a client that came without TLS. */
  public int write(
      RequestHead head, byte[] peerAddress, boolean peerTrusted, byte[] out, int from) {
    return write(head, peerAddress, peerTrusted, false, out, from);
  }

  /**
   * Writes the head for the origin to out[from...].
   *
   * @param peerAddress the client's address in ASCII, {@code 10.0.0.1} or {@code 2001:db8::1}
   * @param peerTrusted whether what the client says about earlier hops is believed
   * @param secure whether the client came over TLS
   * @return the offset behind it, or -1 if there is less room than {@link #bytesMax}
   */
  public int write(
      RequestHead head,
      byte[] peerAddress,
      boolean peerTrusted,
      boolean secure,
      byte[] out,
      int from) {
    if (out.length - from < bytesMax(head, peerAddress)) {
      return -1;
    }
    int p = startLineAndHost(head, out, from);
    p = endToEnd(head, peerTrusted, out, p);
    p = framing(head, out, p);
    p = connection(head, out, p);
    if (policy.xForwarded()) {
      p = xForwarded(head, peerAddress, peerTrusted, secure, out, p);
    }
    if (policy.forwarded()) {
      p = forwarded(head, peerAddress, peerTrusted, secure, out, p);
    }
    if (policy.via()) {
      p = Octets.put(head.minorVersion() == 0 ? VIA_0 : VIA_1, out, p);
    }
    return Octets.putCrlf(out, p);
  }

  private int startLineAndHost(RequestHead head, byte[] out, int from) {
    byte[] b = head.fields.bytes();
    int p = Octets.put(b, head.methodFrom(), head.methodTo(), out, from);
    out[p++] = ' ';
    p = target(head, b, out, p);
    p = Octets.put(VERSION, out, p);
    if (policy.preserveHost() && head.hostTo() > head.hostFrom()) {
      p = Octets.put(b, head.hostFrom(), head.hostTo(), out, p);
    } else {
      p = Octets.put(policy.authority(), out, p);
    }
    return Octets.putCrlf(out, p);
  }

  private int target(RequestHead head, byte[] b, byte[] out, int at) {
    byte[] fixed = policy.fixedTarget();
    if (fixed != null) {
      return Octets.put(fixed, out, at);
    }
    int p = at;
    if (head.asteriskForm()) {
      out[p] = '*';
      return p + 1;
    }
    p = Octets.put(policy.basePath(), out, p);
    int from = head.pathFrom();
    int to = head.targetTo();
    if (from == to || b[from] != '/') {
      // RFC 9112, 3.2.1: an absolute-form without a path gets one.
      out[p++] = '/';
    }
    return Octets.put(b, from, to, out, p);
  }

  private int endToEnd(RequestHead head, boolean peerTrusted, byte[] out, int at) {
    FieldTable fields = head.fields;
    int count = fields.count();
    int p = at;
    for (int i = 0; i < count; i++) {
      if (fields.endToEnd(i) && passes(head, fields.known(i), peerTrusted)) {
        p = fields.putLine(i, out, p);
      }
    }
    return p;
  }

  private boolean passes(RequestHead head, KnownField field, boolean peerTrusted) {
    return switch (field) {
      case HOST, CONTENT_LENGTH, PROXY_AUTHORIZATION -> false;
      // Written below where the policy says so; else only a trusted peer's word goes on.
      case X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST ->
          peerTrusted && !policy.xForwarded();
      case FORWARDED -> peerTrusted && !policy.forwarded();
      // RFC 9110, 10.1.1: to be ignored from HTTP/1.0; our own request is 1.1 and would mean it.
      case EXPECT -> head.minorVersion() == 1;
      default -> true;
    };
  }

  private static int framing(RequestHead head, byte[] out, int at) {
    if (head.chunked()) {
      return Octets.put(CHUNKED, out, at);
    }
    if (head.contentLength() < 0) {
      return at;
    }
    int p = Octets.put(CONTENT_LENGTH, out, at);
    return Octets.putCrlf(out, Octets.putDecimal(head.contentLength(), out, p));
  }

  private static int connection(RequestHead head, byte[] out, int at) {
    boolean trailers = head.trailersAccepted();
    if (!head.upgrade()) {
      return trailers ? Octets.put(TE, out, at) : at;
    }
    int p = at;
    FieldTable fields = head.fields;
    int i = fields.find(KnownField.UPGRADE, 0);
    for (; i >= 0; i = fields.find(KnownField.UPGRADE, i + 1)) {
      p = fields.putLine(i, out, p);
    }
    return Octets.put(trailers ? UPGRADE_TE : UPGRADE, out, p);
  }

  private static int xForwarded(
      RequestHead head, byte[] peer, boolean trusted, boolean secure, byte[] out, int at) {
    FieldTable fields = head.fields;
    int p = Octets.put(FORWARDED_FOR, out, at);
    if (trusted) {
      p = joined(fields, KnownField.X_FORWARDED_FOR, out, p);
    }
    p = Octets.putCrlf(out, Octets.put(peer, out, p));
    int proto = trusted ? fields.find(KnownField.X_FORWARDED_PROTO, 0) : -1;
    p = Octets.put(FORWARDED_PROTO, out, p);
    p = proto >= 0 ? fields.putValue(proto, out, p) : Octets.put(secure ? HTTPS : HTTP, out, p);
    p = Octets.putCrlf(out, p);
    int host = trusted ? fields.find(KnownField.X_FORWARDED_HOST, 0) : -1;
    if (host < 0 && head.hostTo() == head.hostFrom()) {
      return p;
    }
    p = Octets.put(FORWARDED_HOST, out, p);
    p =
        host >= 0
            ? fields.putValue(host, out, p)
            : Octets.put(fields.bytes(), head.hostFrom(), head.hostTo(), out, p);
    return Octets.putCrlf(out, p);
  }

  /** RFC 7239, 4 and 6: what holds a colon is quoted, an IPv6 address in brackets too. */
  private static int forwarded(
      RequestHead head, byte[] peer, boolean trusted, boolean secure, byte[] out, int at) {
    int p = Octets.put(FORWARDED, out, at);
    if (trusted) {
      p = joined(head.fields, KnownField.FORWARDED, out, p);
    }
    boolean v6 = isV6(peer);
    p = Octets.put(v6 ? FOR_V6 : FOR, out, p);
    p = Octets.put(peer, out, p);
    if (v6) {
      p = Octets.put(V6_END, out, p);
    }
    if (head.hostTo() > head.hostFrom()) {
      p = Octets.put(HOST_PARAMETER, out, p);
      p = Octets.put(head.fields.bytes(), head.hostFrom(), head.hostTo(), out, p);
      out[p++] = '"';
    }
    p = Octets.put(PROTO_PARAMETER, out, p);
    return Octets.putCrlf(out, Octets.put(secure ? HTTPS : HTTP, out, p));
  }

  private static boolean isV6(byte[] peer) {
    for (byte c : peer) {
      if (c == ':') {
        return true;
      }
    }
    return false;
  }

  /**
   * The values of all such fields, each followed by a comma (RFC 9110, 5.3); empty ones left out.
   */
  private static int joined(FieldTable fields, KnownField field, byte[] out, int at) {
    int p = at;
    for (int i = fields.find(field, 0); i >= 0; i = fields.find(field, i + 1)) {
      if (fields.valueTo(i) > fields.valueFrom(i)) {
        p = fields.putValue(i, out, p);
        out[p++] = ',';
        out[p++] = ' ';
      }
    }
    return p;
  }
}

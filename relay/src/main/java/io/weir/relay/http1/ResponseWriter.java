package io.weir.relay.http1;

/**
 * Writes what goes to the client, always anew from what was understood (RFC 9110, 7.6).
 *
 * <p>The status and its reason, the end-to-end fields in order and byte for byte, then framing and
 * Connection as the relay means them. Left out: Connection, what it names, Keep-Alive,
 * Proxy-Connection, TE, Transfer-Encoding, HTTP2-Settings, and Upgrade but on 101 and 426.
 *
 * <p>Confined to its loop, does not allocate. Takes a head that was parsed and whose array has not
 * changed since.
 */
public final class ResponseWriter {
  /** The constant parts of all fields that may be added, their CRLFs included. */
  private static final int CONSTANT_BYTES_MAX = 256;

  private static final byte[] VERSION = Octets.ascii("HTTP/1.1 ");
  private static final byte[] CONTENT_LENGTH = Octets.ascii("Content-Length: ");
  private static final byte[] CHUNKED = Octets.ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] CLOSE = Octets.ascii("Connection: close\r\n");
  private static final byte[] KEEP_ALIVE = Octets.ascii("Connection: keep-alive\r\n");
  private static final byte[] UPGRADE = Octets.ascii("Connection: Upgrade\r\n");
  private static final byte[] UPGRADE_CLOSE = Octets.ascii("Connection: Upgrade, close\r\n");
  private static final byte[] VIA_0 = Octets.ascii("Via: 1.0 weir\r\n");
  private static final byte[] VIA_1 = Octets.ascii("Via: 1.1 weir\r\n");

  private final boolean via;

  /** One per event loop; {@code via}: whether Via (RFC 9110, 7.6.3) is written. */
  public ResponseWriter(boolean via) {
    this.via = via;
  }

  /** Bytes of room that are always enough for {@link #write} and {@link #writeInterim}. */
  public int bytesMax(ResponseHead head) {
    return head.length() + head.fieldCount() + CONSTANT_BYTES_MAX;
  }

  /**
   * Writes a final response's head, or that of a 101, to {@code to[from...]}.
   *
   * @param out how the body is framed towards the client: LENGTH only if the head has a
   *     Content-Length, CHUNKED only to HTTP/1.1
   * @param requestMethod the method of the request; the answer to HEAD keeps its framing fields
   * @param clientKeepAlive whether the client's connection stays open behind this response
   * @param clientMinorVersion of the request, 0 or 1
   * @param switching whether this is the 101 that ends HTTP on this connection
   * @return the offset behind it, or -1 if there is less room than {@link #bytesMax}
   */
  public int write(
      ResponseHead head,
      ResponseHead.Body out,
      Method requestMethod,
      boolean clientKeepAlive,
      int clientMinorVersion,
      boolean switching,
      byte[] to,
      int from) {
    if (to.length - from < bytesMax(head)) {
      return -1;
    }
    int p = statusLine(head, to, from);
    p = endToEnd(head, to, p);
    p = framing(head, out, requestMethod, clientMinorVersion, to, p);
    boolean upgrade = switching || head.status() == ResponseHead.UPGRADE_REQUIRED;
    boolean keep = clientKeepAlive && out != ResponseHead.Body.UNTIL_CLOSE;
    if (upgrade) {
      // RFC 9110, 15.2.2 and 15.5.22: both must say which protocol.
      p = upgradeFields(head, to, p);
      p = Octets.put(switching || keep ? UPGRADE : UPGRADE_CLOSE, to, p);
    } else if (!keep) {
      p = Octets.put(CLOSE, to, p);
    } else if (clientMinorVersion == 0) {
      // RFC 9112, 9.3: without it an HTTP/1.0 client waits for the end of the connection.
      p = Octets.put(KEEP_ALIVE, to, p);
    }
    return end(head, to, p);
  }

  /**
   * Writes the head of a 1xx response; only for HTTP/1.1 clients (RFC 9110, 15.2).
   *
   * @return the offset behind it, or -1 if there is less room than {@link #bytesMax}
   */
  public int writeInterim(ResponseHead head, byte[] to, int from) {
    if (to.length - from < bytesMax(head)) {
      return -1;
    }
    int p = statusLine(head, to, from);
    p = endToEnd(head, to, p);
    return end(head, to, p);
  }

  private static int statusLine(ResponseHead head, byte[] to, int from) {
    byte[] b = head.fields.bytes();
    int p = Octets.put(VERSION, to, from);
    int reason = head.statusFrom() + 3;
    p = Octets.put(b, head.statusFrom(), reason, to, p);
    // RFC 9112, 4: the space is there even where the reason is empty.
    to[p++] = ' ';
    if (head.reasonTo() > reason) {
      p = Octets.put(b, reason + 1, head.reasonTo(), to, p);
    }
    return Octets.putCrlf(to, p);
  }

  private static int endToEnd(ResponseHead head, byte[] to, int at) {
    FieldTable fields = head.fields;
    int count = fields.count();
    int p = at;
    for (int i = 0; i < count; i++) {
      if (fields.endToEnd(i) && fields.known(i) != KnownField.CONTENT_LENGTH) {
        p = fields.putLine(i, to, p);
      }
    }
    return p;
  }

  private static int framing(
      ResponseHead head, ResponseHead.Body out, Method method, int minor, byte[] to, int at) {
    return switch (out) {
      case LENGTH -> length(head, to, at);
      case CHUNKED -> Octets.put(CHUNKED, to, at);
      case UNTIL_CLOSE -> at;
      case NONE -> {
        boolean told = method == Method.HEAD || head.status() == ResponseHead.NOT_MODIFIED;
        // RFC 9110, 8.6 and RFC 9112, 6.1: never on 1xx and 204.
        if (!told || head.status() < 200 || head.status() == ResponseHead.NO_CONTENT) {
          yield at;
        }
        yield head.chunked() && minor == 1 ? Octets.put(CHUNKED, to, at) : length(head, to, at);
      }
    };
  }

  private static int length(ResponseHead head, byte[] to, int at) {
    if (head.contentLength() < 0) {
      return at;
    }
    int p = Octets.put(CONTENT_LENGTH, to, at);
    return Octets.putCrlf(to, Octets.putDecimal(head.contentLength(), to, p));
  }

  private static int upgradeFields(ResponseHead head, byte[] to, int at) {
    FieldTable fields = head.fields;
    int p = at;
    int i = fields.find(KnownField.UPGRADE, 0);
    for (; i >= 0; i = fields.find(KnownField.UPGRADE, i + 1)) {
      p = fields.putLine(i, to, p);
    }
    return p;
  }

  private int end(ResponseHead head, byte[] to, int at) {
    int p = at;
    if (via) {
      p = Octets.put(head.minorVersion() == 0 ? VIA_0 : VIA_1, to, p);
    }
    return Octets.putCrlf(to, p);
  }
}

package io.weir.relay.http1;

import io.weir.relay.http.Reason;

/**
 * The relay's own answers: a whole small response, as text or JSON. Free to use from any thread;
 * does not allocate.
 */
public final class LocalAnswer {
  /** What status line and fields need at most. */
  private static final int HEAD_BYTES_MAX = 384;

  private LocalAnswer() {}

  /** Bytes of room that are always enough for {@link #write}. */
  public static int bytesMax(Reason reason, String detail) {
    // In JSON a quote or a backslash takes two bytes.
    return HEAD_BYTES_MAX
        + 64
        + reason.word().length()
        + 2 * (reason.sentence().length() + detail.length());
  }

  /**
   * Writes the answer to out[from...].
   *
   * @param detail what exactly was wrong, in ASCII, or empty
   * @param json whether the body is JSON instead of text
   * @param headOnly whether the request was HEAD: the body's length is told, not the body
   * @param keepAlive whether the connection stays open behind it
   * @param minorVersion of the request, 0 or 1
   * @return the offset behind it, or -1 if there is less room than {@link #bytesMax}
   * @throws IllegalArgumentException if the reason has no status, so cannot be answered
   */
  public static int write(
      Reason reason,
      String detail,
      boolean json,
      boolean headOnly,
      boolean keepAlive,
      int minorVersion,
      byte[] out,
      int from) {
    if (reason.status() == 0) {
      throw new IllegalArgumentException("the reason " + reason.word() + " has no status");
    }
    if (out.length - from < bytesMax(reason, detail)) {
      return -1;
    }
    int p = Octets.put("HTTP/1.1 ", out, from);
    p = Octets.putDecimal(reason.status(), out, p);
    out[p++] = ' ';
    p = Octets.put(phrase(reason.status()), out, p);
    p = Octets.put("\r\nWeir-Error: ", out, p);
    p = Octets.put(reason.word(), out, p);
    p =
        Octets.put(
            json
                ? "\r\nContent-Type: application/json\r\n"
                : "\r\nContent-Type: text/plain; charset=utf-8\r\n",
            out,
            p);
    p = Octets.put("Cache-Control: no-store\r\n", out, p);
    p = byStatus(reason.status(), out, p);
    if (!keepAlive) {
      p = Octets.put("Connection: close\r\n", out, p);
    } else if (minorVersion == 0) {
      p = Octets.put("Connection: keep-alive\r\n", out, p);
    }
    return body(reason, detail, json, headOnly, out, p);
  }

  private static int byStatus(int status, byte[] out, int at) {
    return switch (status) {
      // RFC 9110, 15.5.6: a 405 must say what is allowed.
      case 405 -> Octets.put("Allow: GET, HEAD\r\n", out, at);
      // RFC 9110, 15.5.8: a 407 must say how.
      case 407 ->
          Octets.put("Proxy-Authenticate: Basic realm=\"weir\", charset=\"UTF-8\"\r\n", out, at);
      case 429, 503 -> Octets.put("Retry-After: 1\r\n", out, at);
      default -> at;
    };
  }

  private static int body(
      Reason reason, String detail, boolean json, boolean headOnly, byte[] out, int at) {
    int p = Octets.put("Content-Length: ", out, at);
    // The body is written behind a number of three digits first, to know its length.
    int numberAt = p;
    int bodyAt = p + 3 + 4;
    int bodyEnd = json ? json(reason, detail, out, bodyAt) : text(reason, detail, out, bodyAt);
    int length = bodyEnd - bodyAt;
    int digits = Octets.decimalDigits(length);
    if (digits != 3) {
      System.arraycopy(out, bodyAt, out, bodyAt + digits - 3, length);
    }
    p = Octets.putDecimal(length, out, numberAt);
    p = Octets.putCrlf(out, Octets.putCrlf(out, p));
    return headOnly ? p : p + length;
  }

  private static int text(Reason reason, String detail, byte[] out, int at) {
    int p = Octets.put(reason.sentence(), out, at);
    if (!detail.isEmpty()) {
      out[p++] = ' ';
      p = Octets.put(detail, out, p);
      out[p++] = '.';
    }
    out[p++] = '\n';
    return p;
  }

  private static int json(Reason reason, String detail, byte[] out, int at) {
    int p = Octets.put("{\"error\":\"", out, at);
    p = Octets.put(reason.word(), out, p);
    p = Octets.put("\",\"status\":", out, p);
    p = Octets.putDecimal(reason.status(), out, p);
    p = Octets.put(",\"message\":\"", out, p);
    p = quoted(reason.sentence(), out, p);
    if (!detail.isEmpty()) {
      p = Octets.put("\",\"detail\":\"", out, p);
      p = quoted(detail, out, p);
    }
    return Octets.put("\"}\n", out, p);
  }

  private static int quoted(String text, byte[] out, int at) {
    int p = at;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out[p++] = '\\';
      }
      out[p++] = c >= ' ' && c < 0x7f ? (byte) c : (byte) '?';
    }
    return p;
  }

  private static String phrase(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 407 -> "Proxy Authentication Required";
      case 408 -> "Request Timeout";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      case 505 -> "HTTP Version Not Supported";
      default -> "Internal Server Error";
    };
  }
}

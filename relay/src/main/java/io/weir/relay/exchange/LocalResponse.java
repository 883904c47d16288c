package io.weir.relay.exchange;

/**
 * An answer that this process makes itself.
 *
 * @param status 200 to 599
 * @param contentType for the Content-Type field
 * @param fields further field lines, each with its CRLF; may be empty
 * @param body what follows
 * @param close whether the connection ends with it
 */
public record LocalResponse(
    int status, String contentType, String fields, LocalBody body, boolean close) {
  /** A whole answer without further fields; {@code body} must not change. */
  public LocalResponse(int status, String contentType, byte[] body) {
    this(status, contentType, "", new LocalBody.Whole(body), false);
  }

  /** The same with more field lines, each with its CRLF. */
  public LocalResponse with(String more) {
    return new LocalResponse(status, contentType, fields + more, body, close);
  }

  /** The same as the last one on its connection. */
  public LocalResponse closing() {
    return new LocalResponse(status, contentType, fields, body, true);
  }
}

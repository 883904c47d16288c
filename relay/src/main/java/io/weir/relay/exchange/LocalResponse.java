package io.weir.relay.exchange;

/**
 * An answer that this process makes itself.
 *
 * @param status 200 to 599
 * @param contentType for the Content-Type field
 * @param fields further field lines, each with its CRLF; may be empty
 * @param body owned by the response; must not change
 */
@SuppressWarnings("ArrayRecordComponent") // sent as it is, never compared
public record LocalResponse(int status, String contentType, String fields, byte[] body) {
  /** An answer without further fields. */
  public LocalResponse(int status, String contentType, byte[] body) {
    this(status, contentType, "", body);
  }

  /** The same with more field lines, each with its CRLF. */
  public LocalResponse with(String more) {
    return new LocalResponse(status, contentType, fields + more, body);
  }
}

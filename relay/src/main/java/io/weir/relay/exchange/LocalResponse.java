package io.weir.relay.exchange;

/**
 * An answer that this process makes itself.
 *
 * @param status 200 to 599
 * @param contentType for the Content-Type field
 * @param body owned by the response; must not change
 * @param fields further field lines in ASCII, each with its CRLF, or empty
 */
@SuppressWarnings("ArrayRecordComponent") // sent as it is, never compared
public record LocalResponse(int status, String contentType, byte[] body, String fields) {
  /** An answer without further fields. */
  public LocalResponse(int status, String contentType, byte[] body) {
    this(status, contentType, body, "");
  }
}

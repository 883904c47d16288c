package io.weir.relay.exchange;

/**
 * An answer that this process makes itself.
 *
 * @param status 200 to 599
 * @param contentType for the Content-Type field
 * @param body owned by the response; must not change
 */
@SuppressWarnings("ArrayRecordComponent") // sent as it is, never compared
public record LocalResponse(int status, String contentType, byte[] body) {}

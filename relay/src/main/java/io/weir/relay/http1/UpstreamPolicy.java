package io.weir.relay.http1;

import org.jspecify.annotations.Nullable;

/**
 * What a request to the origin says beside what the client said. The arrays are the caller's and
 * must not change afterwards.
 *
 * @param authority {@code host[:port]} of the origin, sent as Host unless the client's is preserved
 * @param basePath put before the client's path; no slash at its end, may be empty
 * @param fixedTarget path and query that replace the client's target, or null
 * @param preserveHost whether Host is what the client said
 * @param xForwarded whether X-Forwarded-For, -Proto and -Host are written
 * @param forwarded whether Forwarded (RFC 7239) is written
 * @param via whether Via (RFC 9110, 7.6.3) is written
 */
@SuppressWarnings("ArrayRecordComponent") // read on each request; never compared, never changed
public record UpstreamPolicy(
    byte[] authority,
    byte[] basePath,
    byte @Nullable [] fixedTarget,
    boolean preserveHost,
    boolean xForwarded,
    boolean forwarded,
    boolean via) {}

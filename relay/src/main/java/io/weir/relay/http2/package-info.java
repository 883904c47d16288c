/**
 * HTTP/2 on an endpoint: Netty's codec for frames and HPACK, windows of our own. It knows nothing
 * of HTTP/1.1.
 */
@NullMarked
package io.weir.relay.http2;

import org.jspecify.annotations.NullMarked;

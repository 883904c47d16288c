/**
 * Ends of connections: raw descriptors on the epoll loop, and Netty channels where a codec is
 * needed.
 */
@NullMarked
package io.weir.relay.endpoint;

import org.jspecify.annotations.NullMarked;

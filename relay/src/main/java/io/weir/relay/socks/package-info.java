/** SOCKS 4, 4a and 5, as a server reads and speaks them (RFC 1928, RFC 1929). */
@NullMarked
package io.weir.relay.socks;

import org.jspecify.annotations.NullMarked;

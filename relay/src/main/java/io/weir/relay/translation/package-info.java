/**
 * Between HTTP/1.1, which exchanges speak, and HTTP/2 (RFC 9113, 8): fields and framing, both ways.
 */
@NullMarked
package io.weir.relay.translation;

import org.jspecify.annotations.NullMarked;

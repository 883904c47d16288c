/** Tests of HTTP/2's frames and windows. */
@NullMarked
package io.weir.relay.http2;

import org.jspecify.annotations.NullMarked;

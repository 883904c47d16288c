/** Tests of TLS on endpoints. */
@NullMarked
package io.weir.relay.tls;

import org.jspecify.annotations.NullMarked;

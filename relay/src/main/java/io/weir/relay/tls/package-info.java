/** TLS on endpoints: what is in an engine is bounded and leased. Towards clients and origins. */
@NullMarked
package io.weir.relay.tls;

import org.jspecify.annotations.NullMarked;

/** TLS that passes through: which server a client asks for, read from its first message. */
@NullMarked
package io.weir.relay.sni;

import org.jspecify.annotations.NullMarked;

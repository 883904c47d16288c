/** The PROXY protocol, versions 1 and 2: whose connection is passed on by a proxy before us. */
@NullMarked
package io.weir.relay.proxyprotocol;

import org.jspecify.annotations.NullMarked;

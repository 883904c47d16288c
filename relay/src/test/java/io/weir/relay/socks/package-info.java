@NullMarked
package io.weir.relay.socks;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.weir.relay.sni;

import org.jspecify.annotations.NullMarked;

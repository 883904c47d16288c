/** Tests of the ways to origins. */
@NullMarked
package io.weir.relay.origin;

import org.jspecify.annotations.NullMarked;

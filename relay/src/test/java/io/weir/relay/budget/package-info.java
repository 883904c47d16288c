/** Tests of the arithmetic: a kernel that fills its buffers as far as it may, and a set clock. */
@NullMarked
package io.weir.relay.budget;

import org.jspecify.annotations.NullMarked;

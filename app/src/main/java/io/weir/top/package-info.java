/** {@code weir top}: what a Weir does now, in a terminal. */
@NullMarked
package io.weir.top;

import org.jspecify.annotations.NullMarked;

/** The streaming proxy. */
@NullMarked
package io.weir.relay;

import org.jspecify.annotations.NullMarked;

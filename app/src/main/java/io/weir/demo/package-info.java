/** {@code weir demo}: an origin, the relay and slow readers, with nothing at hand but Weir. */
@NullMarked
package io.weir.demo;

import org.jspecify.annotations.NullMarked;

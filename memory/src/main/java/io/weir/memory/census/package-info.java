/** The census: live and freed-but-kept bytes of a malloc heap, counted from outside. */
@NullMarked
package io.weir.memory.census;

import org.jspecify.annotations.NullMarked;

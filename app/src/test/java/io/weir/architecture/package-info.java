/** Rules that the build holds. */
@NullMarked
package io.weir.architecture;

import org.jspecify.annotations.NullMarked;

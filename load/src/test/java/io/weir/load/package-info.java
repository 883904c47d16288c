@NullMarked
package io.weir.load;

import org.jspecify.annotations.NullMarked;

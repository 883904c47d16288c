@NullMarked
package io.weir.top;

import org.jspecify.annotations.NullMarked;

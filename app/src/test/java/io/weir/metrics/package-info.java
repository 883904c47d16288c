@NullMarked
package io.weir.metrics;

import org.jspecify.annotations.NullMarked;

/** {@code /metrics}: the totals, the memory and the distributions in the formats of Prometheus. */
@NullMarked
package io.weir.metrics;

import org.jspecify.annotations.NullMarked;

/** Probes: one class per source of numbers about memory. */
@NullMarked
package io.weir.memory.probe;

import org.jspecify.annotations.NullMarked;

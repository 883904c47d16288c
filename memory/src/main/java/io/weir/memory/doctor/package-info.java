/** The doctor: what the numbers mean, with the arithmetic behind it. */
@NullMarked
package io.weir.memory.doctor;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.weir.doctor;

import org.jspecify.annotations.NullMarked;

/** The command {@code doctor}: looks, and says what it saw as text, JSON or a page. */
@NullMarked
package io.weir.doctor;

import org.jspecify.annotations.NullMarked;

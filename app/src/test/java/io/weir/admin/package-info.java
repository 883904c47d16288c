@NullMarked
package io.weir.admin;

import org.jspecify.annotations.NullMarked;

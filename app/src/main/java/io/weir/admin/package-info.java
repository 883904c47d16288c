/** The pages of the admin address. */
@NullMarked
package io.weir.admin;

import org.jspecify.annotations.NullMarked;

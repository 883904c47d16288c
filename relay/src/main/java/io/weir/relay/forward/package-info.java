/** Who may have himself connected, and to which places: rules, users. */
@NullMarked
package io.weir.relay.forward;

import org.jspecify.annotations.NullMarked;

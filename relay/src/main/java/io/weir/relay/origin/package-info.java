/**
 * Where the bytes come from: naming, resolving, connecting and keeping connections of the origin.
 */
@NullMarked
package io.weir.relay.origin;

import org.jspecify.annotations.NullMarked;

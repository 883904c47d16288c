/**
 * Moves the bytes of one flow from a source to a sink, no faster than the sink drains. Hot path.
 */
@NullMarked
package io.weir.relay.pump;

import org.jspecify.annotations.NullMarked;

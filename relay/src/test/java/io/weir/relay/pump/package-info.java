/** Tests of the pump without sockets: sources and sinks that give and take what a test says. */
@NullMarked
package io.weir.relay.pump;

import org.jspecify.annotations.NullMarked;

/** The event loop: Netty's reactor with fair turns, scratch space and a sweep for deadlines. */
@NullMarked
package io.weir.relay.loop;

import org.jspecify.annotations.NullMarked;

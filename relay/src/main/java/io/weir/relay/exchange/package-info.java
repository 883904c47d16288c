/** One HTTP request and its response between a client and an origin: the relay's state machine. */
@NullMarked
package io.weir.relay.exchange;

import org.jspecify.annotations.NullMarked;

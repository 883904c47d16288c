/** What loops share, taken by two threads at the same time. */
@NullMarked
package io.weir.relay.exchange;

import org.jspecify.annotations.NullMarked;

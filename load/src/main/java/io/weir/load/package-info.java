/**
 * Load for a streaming proxy: an origin, readers and raw sockets that check every byte.
 *
 * <p>Start at {@link io.weir.load.SeededBytes}: origin and readers agree on nothing but a seed, so
 * a byte that was lost, repeated or moved on the way shows at the reader. {@link
 * io.weir.load.Origin} and {@link io.weir.load.Readers} are made for many connections and little
 * CPU, {@link io.weir.load.RawOrigin} and {@link io.weir.load.RawClient} for one fault at a time.
 */
@NullMarked
package io.weir.load;

import org.jspecify.annotations.NullMarked;

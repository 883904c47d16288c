/**
 * Weir and other proxies side by side: the same origin, the same readers, each proxy in its turn.
 *
 * <p>Start at {@link io.weir.bench.Run}. What is measured is in {@link io.weir.bench.Figure}, under
 * which loads in {@link io.weir.bench.Workload}, of which proxies in {@link io.weir.bench.Peers}.
 * Nothing here is part of the program that is shipped.
 */
@NullMarked
package io.weir.bench;

import org.jspecify.annotations.NullMarked;

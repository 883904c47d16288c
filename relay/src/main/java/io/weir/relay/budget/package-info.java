/**
 * One number for all that flows hold, in user space and in the kernel: budget, leases, and the
 * governor that resizes them. Arithmetic only; what applies it to sockets is elsewhere.
 */
@NullMarked
package io.weir.relay.budget;

import org.jspecify.annotations.NullMarked;

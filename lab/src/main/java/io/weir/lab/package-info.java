/**
 * Experiments about memory, each a claim that is measured here and now.
 *
 * <p>Start at {@link io.weir.lab.Lab}. An {@link io.weir.lab.Experiment} starts processes of its
 * own ({@link io.weir.lab.Child}), samples them into a {@link io.weir.lab.Trace}, and {@link
 * io.weir.lab.Claims} judges that. Nothing here is part of the program that is shipped.
 */
@NullMarked
package io.weir.lab;

import org.jspecify.annotations.NullMarked;

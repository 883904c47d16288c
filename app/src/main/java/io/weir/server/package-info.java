/** The running relay: its start, its log, its once-a-second line, and its end. */
@NullMarked
package io.weir.server;

import org.jspecify.annotations.NullMarked;

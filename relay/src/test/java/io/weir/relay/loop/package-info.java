@NullMarked
package io.weir.relay.loop;

import org.jspecify.annotations.NullMarked;

/** Events for JDK Flight Recorder; nothing of it is loaded before a recording runs. */
@NullMarked
package io.weir.flight;

import org.jspecify.annotations.NullMarked;

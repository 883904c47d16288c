/**
 * Tests of the translation without sockets: sources and sinks that give and take what a test says.
 */
@NullMarked
package io.weir.relay.translation;

import org.jspecify.annotations.NullMarked;

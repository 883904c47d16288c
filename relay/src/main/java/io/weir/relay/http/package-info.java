/** What all versions of HTTP share in the relay: words and rules, no bytes. */
@NullMarked
package io.weir.relay.http;

import org.jspecify.annotations.NullMarked;

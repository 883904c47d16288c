/**
 * HTTP/1.1 framing of the relay (RFC 9112): heads are parsed once, strictly, in place, and written
 * anew from what was understood; of bodies only the end is found.
 *
 * <p>Everything here is confined to one event loop, works on byte arrays of the caller and keeps
 * nothing but a reference to them until the next call. After construction nothing allocates, except
 * the methods that make strings, for logs.
 */
@NullMarked
package io.weir.relay.http1;

import org.jspecify.annotations.NullMarked;

/** {@code weir cert}: a certificate for trying TLS. */
@NullMarked
package io.weir.certificate;

import org.jspecify.annotations.NullMarked;

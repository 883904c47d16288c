/** Black-box scenarios: the packaged program as a user runs it. */
@NullMarked
package io.weir.scenarios;

import org.jspecify.annotations.NullMarked;

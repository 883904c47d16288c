/** Tests of the ledger. */
@NullMarked
package io.weir.memory.ledger;

import org.jspecify.annotations.NullMarked;

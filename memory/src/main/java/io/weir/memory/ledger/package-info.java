/** The ledger: where a process' memory is, in rows that add up to the charge. */
@NullMarked
package io.weir.memory.ledger;

import org.jspecify.annotations.NullMarked;

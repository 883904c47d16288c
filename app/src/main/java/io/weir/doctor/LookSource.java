package io.weir.doctor;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.ObstacleException;

/** What looks at one process. One thread at a time. */
public interface LookSource {
  /**
   * Looks once.
   *
   * @throws ObstacleException where the process has ended, or may not be looked at
   */
  Look look() throws ObstacleException;

  /** The ledger of a look. */
  Ledger ledger(Look look);

  /** Finds the process. */
  interface Opener {
    /**
     * The source for a process.
     *
     * @param pid of the process
     * @param attach may a JVM be asked about itself?
     * @throws ObstacleException where there is no such process, or none to look at
     */
    LookSource open(long pid, boolean attach) throws ObstacleException;
  }
}

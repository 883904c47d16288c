package io.weir.lab;

import java.io.IOException;

/** One claim and how to see it. */
interface Experiment {
  /** The word on the command line. */
  String name();

  /** One sentence that is true or false. */
  String claim();

  /**
   * Runs it. Nothing of it is left when it returns or throws.
   *
   * @throws IOException where a process could not be started or ended too early
   */
  Result run(Settings settings, Live live) throws IOException, InterruptedException;
}

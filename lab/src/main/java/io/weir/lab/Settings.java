package io.weir.lab;

import java.nio.file.Path;
import java.util.List;

/**
 * What the user asked for.
 *
 * @param command as it was given, for the report
 * @param experiments in order
 * @param quick whether the whole lab is to take a minute at most
 * @param out folder of the report; can be written to
 * @param bodyBytes of one transfer, and of the blocks together
 * @param chunkBytes read and written at a time
 * @param blocks that malloc is asked for
 * @param readers of the kernel's experiment
 * @param rateBytesPerSecond of the slow reader of one transfer
 */
record Settings(
    String command,
    List<Experiment> experiments,
    boolean quick,
    Path out,
    long bodyBytes,
    long chunkBytes,
    int blocks,
    int readers,
    long rateBytesPerSecond) {
  /** Of one block. */
  long blockBytes() {
    return Math.max(16, bodyBytes / blocks);
  }
}

package io.weir.memory.probe;

import java.io.IOException;
import java.util.function.Consumer;

/** A way to put a diagnostic command to a JVM. */
sealed interface JvmAsk permits JvmWire, JvmInside {
  /**
   * Asks, and hands on the answer line by line. An unknown command answers with nothing that a
   * parser knows.
   *
   * @throws IOException where the JVM does not answer
   */
  void ask(String command, Consumer<String> lines) throws IOException;
}

package io.weir.memory.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tree that reads like {@code /proc}, for what cannot be made here. */
final class FakeProc {
  static final int PID = 4711;

  private final Path root;

  FakeProc(Path root) {
    this.root = root;
    file("self/mountinfo", "");
  }

  Path root() {
    return root;
  }

  FakeProc file(String name, String text) {
    try {
      Path file = root.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text, StandardCharsets.ISO_8859_1);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FakeProc stat(String name, char state, long flags, int threads) {
    return file(
        PID + "/stat",
        PID + " (" + name + ") " + state + " 1 1 1 0 -1 " + flags
            + " 0 0 0 0 0 0 0 0 20 0 " + threads + " 0 12345 0 0\n");
  }

  FakeProc status(String... lines) {
    return file(PID + "/status", String.join("\n", lines) + "\n");
  }

  /** A process that sleeps and has memory. */
  FakeProc process() {
    return stat("some name", 'S', 0, 1)
        .status("Name:\tsome name", "Tgid:\t" + PID, "VmSize:\t  100 kB", "VmRSS:\t   10 kB",
            "RssAnon:\t 6 kB", "RssFile:\t 3 kB", "RssShmem:\t 1 kB", "VmSwap:\t 2 kB");
  }

  Target target() throws ObstacleException {
    return Target.of(root, PID);
  }
}

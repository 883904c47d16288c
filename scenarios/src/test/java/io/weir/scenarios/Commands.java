package io.weir.scenarios;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Other people's programs. */
final class Commands {
  private Commands() {}

  /**
   * How a command ended.
   *
   * @param out what it wrote to standard output
   * @param err the same for standard error, as text
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Ended(int code, byte[] out, String err) {
    String text() {
      return new String(out, StandardCharsets.UTF_8);
    }
  }

  /** Runs one; skips the scenario where it is not installed. */
  static Ended run(String... command) throws IOException, InterruptedException {
    assumeInstalled(command[0]);
    Path err = Files.createTempFile("weir-scenario", ".err");
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    try (InputStream in = process.getInputStream()) {
      process.getOutputStream().close();
      byte[] out = in.readAllBytes();
      if (!process.waitFor(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new AssertionError("still running: " + List.of(command));
      }
      return new Ended(process.exitValue(), out, Files.readString(err));
    } finally {
      process.destroyForcibly();
      Files.delete(err);
    }
  }

  static void assumeInstalled(String command) {
    assumeThat(installed(command)).as(command + " is installed").isTrue();
  }

  private static boolean installed(String command) {
    if (command.indexOf('/') >= 0) {
      return Files.isExecutable(Path.of(command));
    }
    for (String folder : String.valueOf(System.getenv("PATH")).split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, command))) {
        return true;
      }
    }
    return false;
  }
}

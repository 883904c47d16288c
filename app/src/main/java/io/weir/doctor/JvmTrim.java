package io.weir.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Asks a JVM to trim its C heap, by the JDK's own jcmd: nothing is injected. */
final class JvmTrim {
  private static final int SECONDS_MAX = 30;
  private static final int OUTPUT_BYTES_MAX = 4096;

  private JvmTrim() {}

  /**
   * Asks, and waits for it.
   *
   * @return what the JVM said, one line
   * @throws IOException where it did not do it; the message says why
   */
  static String run(long pid) throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home", ""), "bin", "jcmd");
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(pid), "System.trim_native_heap")
            .redirectErrorStream(true)
            .start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IOException("it did not answer jcmd within " + SECONDS_MAX + " s");
      }
      String said = output(process.getInputStream());
      if (process.exitValue() != 0) {
        throw new IOException("jcmd says: " + said);
      }
      return said;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String output(InputStream in) throws IOException {
    String text = new String(in.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.UTF_8);
    return text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
  }
}

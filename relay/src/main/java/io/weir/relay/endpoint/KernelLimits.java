package io.weir.relay.endpoint;

import io.weir.relay.budget.WindowSizes;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What the kernel allows of socket buffers: net.core and net.ipv4 in /proc/sys, read once. */
public final class KernelLimits {
  /** Test option: no SO_RCVBUF or SO_SNDBUF beyond this is asked for, as under a small rmem_max. */
  private static final String ARGUMENT_MAX_PROPERTY = "weir.test.socket-buffer-max";

  static final int ARGUMENT_MAX = Integer.MAX_VALUE / 2;
  private static final int USUAL_MAX = 212_992;
  private static final int USUAL_AUTO_RECEIVE = 6 * 1024 * 1024;
  private static final int USUAL_AUTO_SEND = 4 * 1024 * 1024;

  /** Set once, but by tests. */
  private static volatile WindowSizes sizes =
      new WindowSizes(read(Integer.getInteger(ARGUMENT_MAX_PROPERTY, ARGUMENT_MAX)));

  private KernelLimits() {}

  /** The sizes of socket buffers that may be had here. */
  public static WindowSizes sizes() {
    return sizes;
  }

  /** As the test option does, for those who ask from now on. */
  static void limitArguments(int bytesMax) {
    sizes = new WindowSizes(read(bytesMax));
  }

  private static WindowSizes.Limits read(int argumentMax) {
    return new WindowSizes.Limits(
        2 * Math.min(argumentMax, last("core/rmem_max", USUAL_MAX)),
        2 * Math.min(argumentMax, last("core/wmem_max", USUAL_MAX)),
        last("ipv4/tcp_rmem", USUAL_AUTO_RECEIVE),
        last("ipv4/tcp_wmem", USUAL_AUTO_SEND),
        atLeast(5, 14));
  }

  /** The last number of a setting, at most half of what an int holds. */
  private static int last(String name, int unseen) {
    byte[] text = new byte[128];
    try (InputStream file = new FileInputStream("/proc/sys/net/" + name)) {
      int length = file.read(text); // at once: a second read of such a file brings nothing
      String numbers = new String(text, 0, Math.max(0, length), StandardCharsets.US_ASCII).strip();
      long number = Long.parseLong(numbers.substring(lastGap(numbers) + 1));
      return Math.clamp(number, 4096, Integer.MAX_VALUE / 2);
    } catch (IOException | NumberFormatException e) {
      return unseen;
    }
  }

  private static int lastGap(String text) {
    return Math.max(text.lastIndexOf(' '), text.lastIndexOf('\t'));
  }

  /** Whether this is Linux of that version or a later one. */
  private static boolean atLeast(int major, int minor) {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return false;
    }
    String[] parts = System.getProperty("os.version", "0.0").split("[.-]", 3);
    try {
      int here = Integer.parseInt(parts[0]);
      return here > major
          || (here == major && parts.length > 1 && Integer.parseInt(parts[1]) >= minor);
    } catch (NumberFormatException e) {
      return false;
    }
  }
}

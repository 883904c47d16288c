package io.weir.memory.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

/** Single fields of {@code /proc/PID/status}, proc_pid_status(5). */
final class JvmStatus {
  private final String text;

  JvmStatus(Target target) throws IOException {
    text = "\n" + Files.readString(target.file("status"), StandardCharsets.ISO_8859_1);
  }

  /** What follows the name and its colon, or empty. */
  String field(String name) {
    int at = text.indexOf("\n" + name + ":");
    int from = at + name.length() + 2;
    int end = at < 0 ? -1 : text.indexOf('\n', from);
    return end < 0 ? "" : text.substring(from, end).strip();
  }

  /** The effective one of the four numbers of {@code Uid} or {@code Gid}; empty if unknown. */
  String effective(String name) {
    String[] numbers = field(name).split("\t", -1);
    return numbers.length > 1 ? numbers[1] : "";
  }

  /** Has the process a handler of its own for SIGQUIT? */
  boolean catchesQuit() {
    String mask = field("SigCgt");
    // Bit 2, signal 3: the last digit of the mask has signals 1 to 4.
    return !mask.isEmpty() && (Character.digit(mask.charAt(mask.length() - 1), 16) & 0b100) != 0;
  }
}

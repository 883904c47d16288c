package io.weir.memory.probe;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code /proc/PID/mountinfo}, proc_pid_mountinfo(5), as far as it matters here. */
final class Mounts {
  /** Hosts of many containers have some thousands. */
  private static final int LINES_MAX = 100_000;

  private Mounts() {}

  /**
   * One mount.
   *
   * @param root what of the file system is mounted there
   * @param point where
   * @param type such as {@code cgroup2}
   * @param options of the file system, separated by commas
   */
  record Mount(String root, String point, String type, String options) {
    boolean has(String option) {
      return ("," + options + ",").contains("," + option + ",");
    }
  }

  /** Mounts of a type that starts so. */
  static List<Mount> ofType(Path mountinfo, String typePrefix) throws IOException {
    try (ProcText text = ProcText.open(mountinfo)) {
      return parse(text, typePrefix);
    }
  }

  static List<Mount> parse(ProcText text, String typePrefix) throws IOException {
    List<Mount> found = new ArrayList<>();
    for (int i = 0; i < LINES_MAX && text.nextLine(); i++) {
      text.skipWords(3);
      String root = text.word();
      String point = text.word();
      String mountOptions = text.word();
      do {
        text.skipBlanks();
      } while (!text.atEnd() && !text.skip("- ") && skipWord(text));
      String type = text.word();
      if (type.startsWith(typePrefix)) {
        text.skipWords(1);
        found.add(
            new Mount(unescape(root), unescape(point), type, mountOptions + "," + text.word()));
      }
    }
    return found;
  }

  private static boolean skipWord(ProcText text) {
    text.skipWord();
    return true;
  }

  /** Does the mount of {@code /proc} hide the processes of other users? */
  static boolean hidesProcesses(Path mountinfo) {
    try {
      for (Mount mount : ofType(mountinfo, "proc")) {
        if (mount.has("hidepid=2")
            || mount.has("hidepid=invisible")
            || mount.has("hidepid=4")
            || mount.has("hidepid=ptraceable")) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /** Blanks, line ends and backslashes in paths are written as octal numbers: {@code \040}. */
  static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      int code = text.charAt(i) == '\\' ? octal(text, i + 1) : -1;
      plain.append(code >= 0 ? (char) code : text.charAt(i));
      i += code >= 0 ? 3 : 0;
    }
    return plain.toString();
  }

  private static int octal(String text, int from) {
    if (from + 3 > text.length()) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < from + 3; i++) {
      int digit = Character.digit(text.charAt(i), 8);
      if (digit < 0) {
        return -1;
      }
      value = value << 3 | digit;
    }
    return value;
  }
}

package io.weir.memory.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Whether a JVM may be asked at all. A question to one that does not expect it does harm: one that
 * was told not to take questions prints a thread dump instead, one without a handler for SIGQUIT
 * dies, and one that is stopped finds the signal when it goes on.
 */
final class JvmConsent {
  private static final int TEXT_BYTES_MAX = 1 << 20;
  private static final String DISABLED = "+DisableAttachMechanism";

  private JvmConsent() {}

  /**
   * Why it may not be asked.
   *
   * @param sentence for the user
   * @param remedy what would help, or empty
   */
  record Refusal(String sentence, String remedy) {}

  /**
   * Looks at the process; null where it may be asked.
   *
   * @throws IOException where the process ends meanwhile
   */
  static @Nullable Refusal refusal(Target target) throws IOException {
    JvmStatus status = new JvmStatus(target);
    Refusal state = state(target, status);
    Refusal owner = state == null ? owner(target, status) : state;
    Refusal options = owner == null ? options(target) : owner;
    if (options != null) {
      return options;
    }
    if (!status.catchesQuit() && !Files.exists(JvmWire.socketOf(target))) {
      return new Refusal(
          "the JVM " + target.pid() + " neither listens nor handles SIGQUIT, so it cannot be asked",
          "if it is just starting, try again; else start it with -XX:+StartAttachListener");
    }
    return null;
  }

  private static @Nullable Refusal state(Target target, JvmStatus status) throws IOException {
    String state = status.field("State");
    if (state.startsWith("T") || state.startsWith("t")) {
      return new Refusal(
          "the JVM " + target.pid() + " is stopped, so it cannot answer",
          "let it go on: kill -CONT " + target.pid());
    }
    if (state.startsWith("Z") || state.startsWith("X")) {
      return new Refusal("the JVM " + target.pid() + " has ended", "");
    }
    Path wait = target.file("wchan");
    String place = Files.isReadable(wait) ? text(wait) : "";
    if (place.contains("refrigerator") || place.contains("freez")) {
      return new Refusal(
          "the JVM " + target.pid() + " is frozen by its cgroup, so it cannot answer",
          "thaw its cgroup");
    }
    return null;
  }

  /** HotSpot answers its own user and group, and root. */
  private static @Nullable Refusal owner(Target target, JvmStatus status) throws IOException {
    JvmStatus own = new JvmStatus(Target.self());
    String uid = own.effective("Uid");
    boolean same =
        uid.equals(status.effective("Uid")) && own.effective("Gid").equals(status.effective("Gid"));
    if (uid.equals("0") || same) {
      return null;
    }
    return new Refusal(
        "the JVM " + target.pid() + " belongs to user " + status.effective("Uid")
            + " and answers only that user and root",
        "run the command as that user, or as root");
  }

  private static @Nullable Refusal options(Target target) {
    try {
      String given = text(target.file("cmdline"));
      String inherited = text(target.file("environ"));
      if (given.contains(DISABLED) || inherited.contains(DISABLED)) {
        return disabled(target);
      }
      for (String word : (given + "\0" + jvmOptions(inherited)).split("[\0 ]", -1)) {
        Path file = optionsFile(target, word);
        if (file != null && Files.isRegularFile(file) && text(file).contains(DISABLED)) {
          return disabled(target);
        }
      }
      return null;
    } catch (IOException e) {
      return new Refusal(
          "the options of the JVM " + target.pid() + " cannot be read, so it is not known whether"
              + " it takes questions",
          "run the command as root");
    }
  }

  private static Refusal disabled(Target target) {
    return new Refusal(
        "the JVM " + target.pid() + " was started with -XX:+DisableAttachMechanism, so it is not"
            + " asked",
        "start it without that option");
  }

  /** The values of the variables from which a JVM and its launcher take options. */
  private static String jvmOptions(String environment) {
    StringBuilder options = new StringBuilder();
    for (String variable : environment.split("\0", -1)) {
      if (variable.startsWith("JDK_JAVA_OPTIONS=")
          || variable.startsWith("JAVA_TOOL_OPTIONS=")
          || variable.startsWith("_JAVA_OPTIONS=")) {
        options.append(variable, variable.indexOf('=') + 1, variable.length()).append('\0');
      }
    }
    return options.toString();
  }

  /** The file that an option takes further options from, as the target sees it; else null. */
  private static @Nullable Path optionsFile(Target target, String word) {
    String name = "";
    for (String prefix : new String[] {"@", "-XX:VMOptionsFile=", "-XX:Flags="}) {
      name = word.startsWith(prefix) ? word.substring(prefix.length()) : name;
    }
    if (name.isEmpty()) {
      return null;
    }
    try {
      return target.file(name.startsWith("/") ? "root" + name : "cwd/" + name);
    } catch (InvalidPathException _) {
      return null;
    }
  }

  private static String text(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(TEXT_BYTES_MAX), StandardCharsets.ISO_8859_1);
    }
  }
}

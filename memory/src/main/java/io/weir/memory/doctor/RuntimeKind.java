package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.Look;
import java.util.Locale;

/** What the program is written for, as far as it can be told: it decides what advice helps. */
enum RuntimeKind {
  JVM("the JVM"),
  NODE("Node.js"),
  PYTHON("Python"),
  RUBY("Ruby"),
  DOTNET(".NET"),
  GO("Go"),
  NATIVE("the program");

  private final String text;

  RuntimeKind(String text) {
    this.text = text;
  }

  /** Such as {@code the JVM}. */
  String text() {
    return text;
  }

  /** Does native memory wait there for a collector before it is freed? */
  boolean isCollected() {
    return this == JVM || this == NODE || this == RUBY || this == DOTNET || this == GO;
  }

  static RuntimeKind of(Look look) {
    if (look.jvm().value() != null || !look.jvm().unseen().isEmpty()) {
      return JVM;
    }
    if (look.node().value() != null || !look.node().unseen().isEmpty()) {
      return NODE;
    }
    String path = look.status().executable();
    String file = path.isEmpty() ? look.status().name() : path.substring(path.lastIndexOf('/') + 1);
    RuntimeKind known = byFile(file.toLowerCase(Locale.ROOT));
    return known == NATIVE && isGo(look) ? GO : known;
  }

  private static RuntimeKind byFile(String file) {
    if (file.equals("java") || file.equals("javaw")) {
      return JVM;
    }
    if (file.equals("node") || file.equals("nodejs") || file.equals("bun") || file.equals("deno")) {
      return NODE;
    }
    if (file.startsWith("python") || file.startsWith("uwsgi") || file.startsWith("pypy")) {
      return PYTHON;
    }
    if (file.startsWith("ruby") || file.equals("puma")) {
      return RUBY;
    }
    return file.equals("dotnet") ? DOTNET : NATIVE;
  }

  private static boolean isGo(Look look) {
    return look.census() instanceof Census.OtherAllocator other
        && other.name().toLowerCase(Locale.ROOT).startsWith("go");
  }
}

package io.weir.architecture;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.SynchronizedTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * What a reader of a source file may count on: at most {@link #FILE_LINES_MAX} lines a file and
 * {@link #FUNCTION_LINES_MAX} lines a function, from the first line of its declaration (annotations
 * included, Javadoc not) to its closing brace. A longer function says why in the line above its
 * declaration: {@code // long: one case of the protocol's table a line}. Parsed by the JDK's own
 * compiler, so every construct of the language counts rightly.
 */
final class SourceRules {
  static final int FILE_LINES_MAX = 600;
  static final int FUNCTION_LINES_MAX = 60;
  private static final String LONG_REASON = "// long: ";

  /** Marks of work left undone; spelled in two parts, since this file is read too. */
  private static final List<String> UNDONE = List.of("TO" + "DO", "FIX" + "ME");

  /** Where a flow's bytes are moved: nothing may wait for another thread. */
  private static final Set<String> HOT_PACKAGES =
      Set.of("io.weir.relay.budget", "io.weir.relay.pump");

  private SourceRules() {}

  /** Every breach in these sources, as {@code file:line: what, and what would be right}. */
  static List<String> breaches(List<JavaFileObject> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> found = new ArrayList<>();
    JavacTask task =
        (JavacTask)
            compiler.getTask(
                null, null, d -> found.add(d.toString()), List.of("-proc:none"), null, sources);
    SourcePositions positions = Trees.instance(task).getSourcePositions();
    for (CompilationUnitTree unit : task.parse()) {
      String text = unit.getSourceFile().getCharContent(true).toString();
      List<String> lines = text.lines().toList();
      checkLines(unit.getSourceFile().getName(), lines, found);
      new FunctionScanner(unit, positions, lines, found).scan(unit, null);
    }
    return found;
  }

  private static void checkLines(String file, List<String> lines, List<String> found) {
    if (lines.size() > FILE_LINES_MAX) {
      found.add(file + ":1: " + lines.size() + " lines, at most " + FILE_LINES_MAX + ": split it");
    }
    for (int i = 0; i < lines.size(); i++) {
      for (String mark : UNDONE) {
        if (lines.get(i).contains(mark)) {
          found.add(file + ":" + (i + 1) + ": " + mark + ": do it, or open an issue");
        }
      }
    }
  }

  private static final class FunctionScanner extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final LineMap lineMap;
    private final List<String> lines;
    private final List<String> found;
    private final boolean hot;

    FunctionScanner(
        CompilationUnitTree unit,
        SourcePositions positions,
        List<String> lines,
        List<String> found) {
      this.unit = unit;
      this.positions = positions;
      this.lineMap = unit.getLineMap();
      this.lines = lines;
      this.found = found;
      this.hot =
          unit.getPackageName() != null && HOT_PACKAGES.contains(unit.getPackageName().toString());
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      checkLength(method, method.getName().toString());
      return super.visitMethod(method, null);
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
      for (Tree member : type.getMembers()) {
        if (member instanceof BlockTree) {
          checkLength(member, "initializer of " + type.getSimpleName());
        }
      }
      return super.visitClass(type, null);
    }

    @Override
    public @Nullable Void visitSynchronized(SynchronizedTree block, @Nullable Void unused) {
      if (hot) {
        breach(startLine(block), "synchronized in a hot package: confine the state to one loop");
      }
      return super.visitSynchronized(block, null);
    }

    private void checkLength(Tree function, String name) {
      long start = startLine(function);
      long count = lineMap.getLineNumber(positions.getEndPosition(unit, function)) - start + 1;
      if (count > FUNCTION_LINES_MAX && !saysWhyLong(start)) {
        breach(
            start,
            name
                + " has "
                + count
                + " lines, at most "
                + FUNCTION_LINES_MAX
                + ": split it, or write `"
                + LONG_REASON
                + "REASON` on the line above");
      }
    }

    private boolean saysWhyLong(long start) {
      String above = start >= 2 ? lines.get((int) start - 2).strip() : "";
      return above.startsWith(LONG_REASON) && above.length() > LONG_REASON.length();
    }

    private long startLine(Tree tree) {
      return lineMap.getLineNumber(positions.getStartPosition(unit, tree));
    }

    private void breach(long line, String what) {
      found.add(unit.getSourceFile().getName() + ":" + line + ": " + what);
    }
  }
}

package io.weir.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

class SourceRulesTest {
  @Test
  void sources_ofAllModules_keepTheRules() throws IOException {
    List<Path> files = javaFiles(Path.of(System.getProperty("weir.root")));
    assertThat(files).as("this very file is among them").anyMatch(f -> f.endsWith(thisFile()));
    try (var manager =
        ToolProvider.getSystemJavaCompiler().getStandardFileManager(null, null, null)) {
      List<JavaFileObject> sources = new ArrayList<>();
      manager.getJavaFileObjectsFromPaths(files).forEach(sources::add);
      assertThat(SourceRules.breaches(sources)).isEmpty();
    }
  }

  @Test
  void function_of60Lines_passes() throws IOException {
    assertThat(breaches(type("", function(60)))).isEmpty();
  }

  @Test
  void function_of61Lines_isNamedWithItsLine() throws IOException {
    assertThat(breaches(type("", function(61))))
        .singleElement()
        .asString()
        .contains("T.java:2: f has 61 lines, at most 60");
  }

  @Test
  void function_longWithReasonAbove_passes() throws IOException {
    assertThat(breaches(type("// long: a table\n", function(61)))).isEmpty();
    assertThat(breaches(type("// long: \n", function(61)))).hasSize(1);
  }

  @Test
  void lambdaAndInitializer_long_areFound() throws IOException {
    String body = "int x;\n".repeat(60);
    assertThat(breaches("class T { static {\n" + body + "} }")).hasSize(1);
    assertThat(breaches("class T { T() { run(() -> {\n" + body + "}); } }")).hasSize(1);
  }

  @Test
  void file_of601Lines_isNamed() throws IOException {
    assertThat(breaches("class T {}\n" + "\n".repeat(599))).isEmpty();
    assertThat(breaches("class T {}\n" + "\n".repeat(600)))
        .singleElement()
        .asString()
        .contains("601 lines");
  }

  @Test
  void synchronizedBlock_inHotPackageOnly_isNamed() throws IOException {
    String type = "class T { void f() { synchronized (this) { } } }";
    assertThat(breaches("package io.weir.relay.pump;\n" + type)).hasSize(1);
    assertThat(breaches("package io.weir.relay.origin;\n" + type)).isEmpty();
  }

  @Test
  void undoneMark_inComment_isNamed() throws IOException {
    assertThat(breaches("class T { } // TO" + "DO later")).hasSize(1);
  }

  @Test
  void source_thatDoesNotParse_isNamed() throws IOException {
    assertThat(breaches("class T {")).isNotEmpty();
  }

  private static List<Path> javaFiles(Path root) throws IOException {
    try (Stream<Path> modules = Files.list(root)) {
      return modules
          .filter(m -> Files.isRegularFile(m.resolve("pom.xml")))
          .map(m -> m.resolve("src"))
          .filter(Files::isDirectory)
          .flatMap(SourceRulesTest::walk)
          .toList();
    }
  }

  private static Stream<Path> walk(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path thisFile() {
    return Path.of("io", "weir", "architecture", "SourceRulesTest.java");
  }

  private static String type(String above, String function) {
    return "class T {" + (above.isEmpty() ? "\n" : " // \n" + above) + function + "}\n";
  }

  private static String function(int lines) {
    return "void f() {\n" + "int x;\n".repeat(lines - 2) + "}\n";
  }

  private static List<String> breaches(String source) throws IOException {
    return SourceRules.breaches(List.of(new Source(source)));
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String text) {
      super(URI.create("string:///T.java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}

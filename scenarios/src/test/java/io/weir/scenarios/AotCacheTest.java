package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cache is used by the flags in {@code jvm.options}: a cache that the JVM refuses costs nothing
 * but time and memory, so nobody would see it.
 */
class AotCacheTest {
  private static final Path DIST = Path.of(System.getProperty("weir.dist"));
  private static final String MAIN_FROM_CACHE = "io.weir.cli.Weir source: shared objects file";

  @TempDir Path folder;

  @Test
  void cache_withTheLaunchersFlags_isUsed() throws Exception {
    assertThat(loadedClasses(DIST)).contains(MAIN_FROM_CACHE);
  }

  @Test
  void cache_withC2ForTlsInJava_isUsed() throws Exception {
    assertThat(loadedClasses(DIST, "-XX:TieredStopAtLevel=4")).contains(MAIN_FROM_CACHE);
  }

  @Test
  void cache_movedWithItsDistribution_isUsed() throws Exception {
    assertThat(loadedClasses(copyOfDist())).contains(MAIN_FROM_CACHE);
  }

  @Test
  void cache_withOtherObjectHeaders_isRefused() throws Exception {
    assertThat(loadedClasses(DIST, "-XX:-UseCompactObjectHeaders")).doesNotContain(MAIN_FROM_CACHE);
  }

  private Path copyOfDist() throws IOException {
    Path copy = folder.resolve("a copy");
    try (Stream<Path> files = Files.walk(DIST)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(DIST.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return copy;
  }

  private String loadedClasses(Path dist, String... flags) throws Exception {
    Path log = folder.resolve("classes.log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + dist.resolve("jvm.options"));
    command.add("-XX:AOTCache=" + dist.resolve("weir.aot"));
    command.addAll(List.of(flags));
    command.add("-Xlog:class+load:file=\"" + log + "\"");
    command.addAll(
        List.of("-cp", dist.resolve("weir.jar").toString(), "io.weir.cli.Weir", "train"));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return Files.readString(log, StandardCharsets.UTF_8);
  }
}

package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.scenarios.FakeCheckout.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LauncherTest {
  private static final String WITH_C2 = "<-XX:TieredStopAtLevel=4>";

  @TempDir Path folder;
  private FakeCheckout checkout;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = new FakeCheckout(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/bin/sh", "/bin/dash", "/bin/busybox sh", "/bin/bash --posix"})
  void start_underEachShell_runsJavaWithItsFlags(String shell) throws Exception {
    List<String> command = new ArrayList<>(List.of(shell.split(" ", -1)));
    assumeThat(Path.of(command.getFirst())).exists();
    command.addAll(
        List.of(checkout.launcher.toString(), "serve", "--to", "http://a b", "--memory=640m"));
    Outcome run = checkout.await(checkout.start(Map.of(), command));
    String dist = checkout.root.toRealPath() + "/app/target/dist/";
    assertThat(run.out())
        .containsExactly(
            "arena:1",
            "<@" + dist + "jvm.options>",
            "<-XX:AOTCache=" + dist + "weir.aot>",
            "<-Xmx28m>",
            "<-XX:MaxDirectMemorySize=480m>",
            "<-cp>",
            "<" + dist + "weir.jar>",
            "<io.weir.cli.Weir>",
            "<serve>",
            "<--to>",
            "<http://a b>",
            "<--memory=640m>");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void start_throughSymbolicLinks_findsItself() throws Exception {
    Path near = Files.createSymbolicLink(checkout.root.resolve("near"), Path.of("weir"));
    Path far = Files.createSymbolicLink(folder.resolve("far"), near);
    assertThat(checkout.await(checkout.start(Map.of(), List.of(far.toString()))).exitCode())
        .isZero();
    assertThat(checkout.root.resolve("app/target/dist/built")).exists();
  }

  @Test
  void exitCode_ofTheProgram_isPassedOn() throws Exception {
    assertThat(checkout.weir(Map.of("FAKE_EXIT", "12"), "doctor", "1").exitCode()).isEqualTo(12);
  }

  @Test
  void options_ofTheUser_comeAfterOurs() throws Exception {
    Outcome run = checkout.weir(Map.of("WEIR_JAVA_OPTS", "-Da=* -Db"), "train");
    assertThat(run.out()).containsSubsequence("<-Da=*>", "<-Db>", "<-cp>", "<train>");
  }

  @Test
  void build_whileNothingChanges_happensOnce() throws Exception {
    checkout.weir("train");
    checkout.weir("train");
    assertThat(checkout.builds()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"relay/src/main/java/A.java", "app/pom.xml", "pom.xml", "app/src/dist"})
  void build_afterThisChanged_happensAgain(String changed) throws Exception {
    checkout.weir("train");
    FakeCheckout.age(checkout.root.resolve(changed), 100);
    checkout.weir("train");
    assertThat(checkout.builds()).isEqualTo(2);
  }

  @Test
  void bench_whenFirstAskedFor_buildsItsOwnJarAndRunsIt() throws Exception {
    checkout.weir("train");
    assertThat(checkout.root.resolve("bench/target/dist")).doesNotExist();
    Outcome run = checkout.weir("bench", "--quick");
    checkout.weir("bench");
    assertThat(checkout.builds()).isEqualTo(2);
    String root = checkout.root.toRealPath().toString();
    assertThat(run.out())
        .containsExactly(
            "arena:",
            "<@" + root + "/bench/target/dist/jvm.options>",
            "<-Dweir.launcher=" + root + "/weir>",
            "<-cp>",
            "<" + root + "/bench/target/dist/bench.jar>",
            "<io.weir.bench.Bench>",
            "<--quick>");
  }

  @Test
  void bench_afterItsSourceChanged_isBuiltAgainAndTheProgramIsNot() throws Exception {
    checkout.weir("bench");
    assertThat(checkout.builds()).isEqualTo(2);
    FakeCheckout.age(checkout.root.resolve("bench/src/main/java"), 100);
    checkout.weir("train");
    assertThat(checkout.builds()).isEqualTo(2);
    checkout.weir("bench");
    assertThat(checkout.builds()).isEqualTo(3);
  }

  @Test
  void lab_whenFirstAskedFor_buildsItsOwnJarAndRunsIt() throws Exception {
    Outcome run = checkout.weir("lab", "malloc");
    checkout.weir("lab");
    assertThat(checkout.builds()).isEqualTo(2);
    String root = checkout.root.toRealPath().toString();
    assertThat(run.out())
        .containsExactly(
            "arena:",
            "<@" + root + "/lab/target/dist/jvm.options>",
            "<-Dweir.launcher=" + root + "/weir>",
            "<-cp>",
            "<" + root + "/lab/target/dist/lab.jar>",
            "<io.weir.lab.Lab>",
            "<malloc>");
  }

  @Test
  void build_afterSourceWasDeleted_happensAgain() throws Exception {
    checkout.weir("train");
    checkout.ageAll(-200);
    FakeCheckout.age(checkout.root.resolve("app/target/dist/built"), -100);
    checkout.weir("train");
    assertThat(checkout.builds()).isEqualTo(1);
    Files.delete(checkout.source());
    checkout.weir("train");
    assertThat(checkout.builds()).isEqualTo(2);
  }

  @Test
  void build_byTwoStartsAtOnce_happensOnce() throws Exception {
    Path gate = folder.resolve("gate");
    Map<String, String> environment = Map.of("FAKE_GATE", gate.toString());
    List<String> command = List.of(checkout.launcher.toString(), "train");
    Process first = checkout.start(environment, command);
    Process second = checkout.start(environment, command);
    Files.createFile(gate);
    assertThat(checkout.await(first).exitCode()).isZero();
    assertThat(checkout.await(second).exitCode()).isZero();
    assertThat(checkout.builds()).isEqualTo(1);
  }

  @Test
  void build_afterBuilderWasKilled_takesItsLock() throws Exception {
    Process dead = checkout.start(Map.of(), List.of("true"));
    checkout.await(dead);
    Path lock = Files.createDirectories(checkout.root.resolve("target/weir-build.lock"));
    Files.writeString(lock.resolve("holder"), dead.pid() + "\n");
    assertThat(checkout.weir("train").exitCode()).isZero();
    assertThat(lock).doesNotExist();
  }

  @Test
  void build_terminated_endsMavenAndUnlocks() throws Exception {
    Map<String, String> environment = Map.of("FAKE_GATE", folder.resolve("never").toString());
    Process start = checkout.start(environment, List.of(checkout.launcher.toString(), "train"));
    while (checkout.builds() == 0 && start.isAlive()) {
      Thread.onSpinWait();
    }
    List<ProcessHandle> children = start.descendants().toList();
    start.destroy();
    assertThat(checkout.await(start).exitCode()).isEqualTo(143);
    for (ProcessHandle child : children) {
      child.onExit().join();
    }
    assertThat(checkout.root.resolve("target/weir-build.lock")).doesNotExist();
  }

  @Test
  void build_failed_showsTailAndNamesLog() throws Exception {
    Outcome run = checkout.weir(Map.of("FAKE_FAILURE", "A.java:1: no such thing"), "train");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasSize(2).first().isEqualTo("A.java:1: no such thing");
    assertThat(run.err().getLast())
        .contains("the whole log is ", "a checkout/target/weir-build.log");
  }

  @Test
  void build_withoutMaven_saysWhatToInstall() throws Exception {
    checkout.removeMaven();
    Outcome run = checkout.weir("train");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).singleElement().asString().contains("needs Maven 3.8 or later on PATH");
  }

  @Test
  void jdk_ofAnotherVersion_isPassedOver() throws Exception {
    Path jdk = checkout.jdk("17.0.15");
    assertThat(checkout.weir("jdk").out()).doesNotContain(jdk.toString());
    checkout.jdk("25");
    assertThat(checkout.weir("jdk").out()).containsExactly(jdk.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--to https://a", "--resource=HTTPS://a/b", "--to http://a --tls-cert c"})
  void https_withTlsInJava_runsWithC2AndSaysSo(String origin) throws Exception {
    String[] arguments = ("serve " + origin + " --tls-provider jdk").split(" ", -1);
    Outcome run = checkout.weir(arguments);
    assertThat(run.out()).contains(WITH_C2);
    assertThat(run.err()).singleElement().asString().contains("as asked by --tls-provider jdk");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--to http://a --tls-provider jdk", "--listen https://a --tls-provider jdk"})
  void http_always_runsWithoutC2(String options) throws Exception {
    Outcome run = checkout.weir(("serve " + options).split(" ", -1));
    assertThat(run.out()).doesNotContain(WITH_C2);
    assertThat(run.err()).isEmpty();
  }

  @Test
  void https_withoutNativeTls_runsWithC2AndNamesThePlatform() throws Exception {
    checkout.platform("Linux", "riscv64");
    Outcome run = checkout.weir("serve", "--to", "https://a");
    assertThat(run.out()).contains(WITH_C2);
    assertThat(run.err()).singleElement().asString().contains("Linux riscv64");
  }

  @ParameterizedTest
  @CsvSource({
    "serve --memory 64m, 16, 48",
    "serve --memory=1g --to http://a, 44, 768",
    "demo --memory 0524288k, 22, 384",
    "serve --memory 1073741824, 44, 768",
    "serve --memory 1t, 8192, 786432",
    "serve --memory 16m, 16, 32",
  })
  void memory_given_setsTheHeap(String words, int heap, int direct) throws Exception {
    Outcome run = checkout.weir(words.split(" ", -1));
    assertThat(run.out())
        .contains("<-Xmx" + heap + "m>", "<-XX:MaxDirectMemorySize=" + direct + "m>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "doctor 1 --memory 1g",
        "serve --memory x",
        "serve --memory 1x",
        "serve --memory -1g",
        "serve --memory 99999999999999999999g",
        "serve --memory=",
      })
  void memory_ofAnotherCommandOrNoSize_leavesTheHeapAsItIs(String words) throws Exception {
    Outcome run = checkout.weir(words.split(" ", -1));
    assertThat(run.out()).noneMatch(line -> line.startsWith("<-Xmx"));
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "0::/a/b, / - cgroup2 c rw, a/b/memory.max=max a/memory.max=2147483648, 44",
    "0::/, / - cgroup2 c rw, memory.max=4294967296, 86",
    "0::/a/b, /a - cgroup2 c rw, b/memory.max=4294967296 memory.max=max, 86",
    "0::/../x, / - cgroup2 c rw, memory.max=4294967296, 16",
    "'3:cpu,memory:/', / - cgroup c rw,memory.limit_in_bytes=9223372036854771712, 16",
    "3:memory:/a, '/a - cgroup c rw,memory', memory.limit_in_bytes=2147483648, 44",
    "3:memory:/, '/ - cgroup c rw,cpu', memory.limit_in_bytes=2147483648, 16",
  })
  void memory_notGiven_isHalfOfTheCgroupsLimit(String group, String mount, String limits, int heap)
      throws Exception {
    Path proc = folder.resolve("proc");
    Path self = Files.createDirectories(proc.resolve("self"));
    Files.writeString(self.resolve("cgroup"), group + "\n");
    String[] root = mount.split(" ", 2);
    Files.writeString(
        self.resolve("mountinfo"),
        "31 23 0:28 " + root[0] + " " + folder + "/mount rw,relatime shared:9 " + root[1] + "\n");
    for (String limit : limits.split(" ", -1)) {
      String[] parts = limit.split("=", 2);
      Path file = folder.resolve("mount").resolve(parts[0]);
      Files.createDirectories(file.getParent());
      Files.writeString(file, parts[1] + "\n");
    }
    Outcome run = checkout.weir(Map.of("WEIR_TEST_PROC", proc.toString()), "serve", "--to", "x");
    assertThat(run.out()).contains("<-Xmx" + heap + "m>");
    assertThat(run.err()).isEmpty();
  }
}

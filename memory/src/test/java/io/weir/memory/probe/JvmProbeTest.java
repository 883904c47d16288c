package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.memory.probe.JvmArea.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class JvmProbeTest {
  private static final Path HOME = Path.of(System.getProperty("java.home"));
  private static final String TRACK = "-XX:NativeMemoryTracking=summary";
  private static final long MIB = 1 << 20;

  @TempDir Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"Serial", "Parallel", "G1", "Z"})
  void read_trackedJvm_tellsAll(String collector) throws IOException {
    try (RuntimeTarget jvm =
        RuntimeTarget.java(HOME, folder, 20, "-XX:+Use" + collector + "GC", TRACK)) {
      Reading<JvmUse> reading = JvmProbe.read(jvm.target(), true);
      JvmUse use = Objects.requireNonNull(reading.value(), reading.unseen());
      assertThat(reading.unseen()).isEmpty();
      assertCommon(use, collector);
      assertThat(use.directBytes()).isBetween(20 * MIB, 22 * MIB);
      assertThat(kinds(use)).contains(Kind.STACK, Kind.ARCHIVE);
      assertThat(use.nmt()).containsKeys("Java Heap", "Thread", "GC");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Serial", "Z"})
  void read_untrackedJvm_tellsWhatItCan(String collector) throws IOException {
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 1, "-XX:+Use" + collector + "GC")) {
      Reading<JvmUse> reading = JvmProbe.read(jvm.target(), true);
      assertCommon(Objects.requireNonNull(reading.value(), reading.unseen()), collector);
      assertThat(reading.value().directBytes()).isEqualTo(-1);
      assertThat(reading.unseen()).contains("does not track");
      assertThat(reading.remedy()).contains(TRACK);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Serial", "G1", "Z"})
  void read_jdk17_tellsWhatItCan(String collector) throws IOException {
    Path home = jdk17();
    try (RuntimeTarget jvm =
        RuntimeTarget.java(home, folder, 10, "-XX:+Use" + collector + "GC", TRACK)) {
      Reading<JvmUse> reading = JvmProbe.read(jvm.target(), true);
      JvmUse use = Objects.requireNonNull(reading.value(), reading.unseen());
      assertCommon(use, collector);
      assertThat(use.version()).startsWith("17.");
      assertThat(use.directBytes()).isBetween(10 * MIB, 12 * MIB);
      // Later updates of 17 can trim, earlier ones cannot.
      Reading<String> trim = JvmProbe.trim(jvm.target());
      assertThat(trim.value() == null ? trim.remedy() : trim.value()).containsAnyOf("18", "->");
    }
  }

  @Test
  void read_hundredMegabytesDirect_areSeen() throws IOException {
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 100, TRACK)) {
      JvmUse use = Objects.requireNonNull(JvmProbe.read(jvm.target(), true).value());
      assertThat(use.directBytes()).isBetween(100 * MIB, 101 * MIB);
    }
  }

  @Test
  void read_notAllowedToAsk_saysSo() throws IOException {
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 1)) {
      Reading<JvmUse> reading = JvmProbe.read(jvm.target(), false);
      assertThat(reading.value()).isNull();
      assertThat(reading.unseen()).isEqualTo("the JVM was not asked");
    }
  }

  @Test
  void read_noJvm_none() throws IOException {
    try (RuntimeTarget shell =
        RuntimeTarget.run(List.of("sh", "-c", "echo ready; exec sleep 60"))) {
      assertThat(JvmProbe.read(shell.target(), true)).isEqualTo(Reading.none());
      assertThat(JvmProbe.trim(shell.target())).isEqualTo(Reading.none());
    }
  }

  @Test
  void read_attachDisabled_refusedAndUnharmed() throws IOException {
    try (RuntimeTarget jvm =
        RuntimeTarget.java(HOME, folder, 1, "-XX:+DisableAttachMechanism")) {
      assertRefused(jvm, "DisableAttachMechanism");
    }
  }

  @Test
  void read_attachDisabledInArgumentFile_refused() throws IOException {
    Path options = folder.resolve("options");
    Files.writeString(options, "-XX:+DisableAttachMechanism\n");
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 1, "@" + options)) {
      assertRefused(jvm, "DisableAttachMechanism");
    }
  }

  /** Such a JVM listens from its start, so no signal is needed. */
  @Test
  void read_reducedSignals_answersWithoutSignal() throws IOException {
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 1, "-Xrs")) {
      assertThat(JvmProbe.read(jvm.target(), true).value()).isNotNull();
      Files.delete(JvmWire.socketOf(jvm.target()));
      assertRefused(jvm, "SIGQUIT");
    }
  }

  @Test
  void read_stopped_refused() throws IOException, InterruptedException {
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 1)) {
      jvm.signal("STOP");
      while (!new JvmStatus(jvm.target()).field("State").startsWith("T")) {
        Thread.onSpinWait();
      }
      assertRefused(jvm, "stopped");
    }
  }

  @Test
  void read_otherUsersJvm_rootMayAsk() throws IOException {
    assumeTrue(new JvmStatus(Target.self()).effective("Uid").equals("0"), "needs root");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv");
    assumeTrue(Files.isReadable(HOME));
    try (RuntimeTarget jvm =
        RuntimeTarget.run(
            List.of(
                "/usr/bin/setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                HOME.resolve("bin/java").toString(),
                "-Xmx32m",
                "--source",
                "25",
                holdReadableByAll().toString(),
                "1"))) {
      assumeTrue(jvm.line().equals("ready"), "the JDK cannot be run by nobody");
      Reading<JvmUse> reading = JvmProbe.read(jvm.target(), true);
      assertThat(reading.value()).as(reading.unseen()).isNotNull();
    }
  }

  private Path holdReadableByAll() throws IOException {
    try (RuntimeTarget _ = RuntimeTarget.java(HOME, folder, 0)) {
      assertThat(folder.toFile().setExecutable(true, false)).isTrue();
      assertThat(folder.toFile().setReadable(true, false)).isTrue();
      return folder.resolve("Hold.java");
    }
  }

  @Test
  void read_ourselves_withoutSocket() throws IOException {
    Reading<JvmUse> reading = JvmProbe.read(Target.self(), true);
    JvmUse use = Objects.requireNonNull(reading.value(), reading.unseen());
    assertThat(use.collector()).isEqualTo("Serial");
    assertThat(use.heapMaxBytes()).isEqualTo(512 * MIB);
    assertThat(use.directBytes()).isNotNegative();
    assertThat(kinds(use)).contains(Kind.HEAP, Kind.CODE, Kind.METASPACE);
  }

  @Test
  void trim_jdk25_saysBeforeAndAfter() throws IOException {
    try (RuntimeTarget jvm = RuntimeTarget.java(HOME, folder, 1)) {
      Reading<String> reading = JvmProbe.trim(jvm.target());
      assertThat(reading.value()).as(reading.unseen()).contains("->");
    }
  }

  @Test
  void operation_commandNames_asTheBeanHasThem() {
    assertThat(
            Stream.of("GC.heap_info", "VM.native_memory", "System.map", "Compiler.codecache")
                .map(JvmInside::operation))
        .containsExactly("gcHeapInfo", "vmNativeMemory", "systemMap", "compilerCodecache");
  }

  private static void assertRefused(RuntimeTarget jvm, String why) throws IOException {
    Reading<JvmUse> reading = JvmProbe.read(jvm.target(), true);
    assertThat(reading.value()).isNull();
    assertThat(reading.unseen()).contains(why);
    assertThat(reading.remedy()).isNotEmpty();
    assertThat(reading.costNanos()).isLessThan(TimeUnit.SECONDS.toNanos(60));
    assertThat(jvm.isAlive()).isTrue();
  }

  private static void assertCommon(JvmUse use, String collector) {
    assertThat(use.collector()).isEqualTo(collector);
    assertThat(use.heapMaxBytes()).isEqualTo(128 * MIB);
    assertThat(use.heapUsedBytes()).isBetween(1L, use.heapCommittedBytes());
    assertThat(use.heapCommittedBytes()).isLessThanOrEqualTo(use.heapMaxBytes());
    assertThat(use.metaspaceUsedBytes()).isPositive();
    assertThat(use.codeUsedBytes()).isPositive();
    assertThat(kinds(use)).contains(Kind.HEAP, Kind.METASPACE, Kind.CODE);
  }

  private static List<Kind> kinds(JvmUse use) {
    return use.areas().stream().map(JvmArea::kind).distinct().toList();
  }

  private static Path jdk17() throws IOException {
    Path homes = Path.of("/usr/lib/jvm");
    assumeTrue(Files.isDirectory(homes), "no /usr/lib/jvm");
    try (Stream<Path> all = Files.list(homes)) {
      Path home = all.filter(JvmProbeTest::is17).findFirst().orElse(null);
      assumeTrue(home != null, "no JDK 17");
      return Objects.requireNonNull(home);
    }
  }

  private static boolean is17(Path home) {
    try {
      return Files.isExecutable(home.resolve("bin/javac"))
          && Files.readString(home.resolve("release")).contains("JAVA_VERSION=\"17");
    } catch (IOException _) {
      return false;
    }
  }
}

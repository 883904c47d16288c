package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class SmapsTest {
  private static final long TOUCHED_BYTES = 64 << 20;

  /** What this JVM itself does meanwhile. */
  private static final long SLACK_BYTES = 16 << 20;

  @Test
  void mappings_ofThisJvm_sumUpToTheRollup() throws IOException {
    long before = rollupBytes();
    Reading<MemoryUse> reading = Smaps.read(Target.self());
    long after = rollupBytes();
    assertThat(reading.unseen()).isEmpty();
    assertThat(reading.value()).isNotNull();
    long least = Math.min(before, after) - SLACK_BYTES;
    assertThat(reading.value().rssBytes()).isBetween(least, Math.max(before, after) + SLACK_BYTES);
    assertThat(reading.value().mappings())
        .anySatisfy(use -> assertThat(use.mapping().name()).endsWith("libjvm.so"))
        .anySatisfy(use -> assertThat(use.mapping().name()).isEqualTo("[stack]"));
  }

  private static long rollupBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps_rollup"))) {
      if (line.startsWith("Rss:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("no Rss in it");
  }

  @Test
  void mappings_memoryTouched_areAnonymousAndResident() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(TOUCHED_BYTES, 4096);
      memory.fill((byte) 1);
      Reading<MemoryUse> reading = Smaps.read(Target.self());
      assertThat(reading.value()).isNotNull();
      assertThat(reading.value().mappings())
          .filteredOn(use -> use.mapping().range().contains(memory.address()))
          .singleElement()
          .satisfies(
              use -> {
                assertThat(use.anonymousBytes()).isGreaterThanOrEqualTo(TOUCHED_BYTES);
                assertThat(use.mapping().isAnonymous()).isTrue();
              });
    }
  }

  @Test
  void mappings_oddNames_areKeptAsTheKernelWritesThem() throws IOException {
    String text =
        """
        00400000-00500000 r-xp 00001000 fd:01 77                         /opt/a b/c (deleted)
        Rss:                  16 kB
        Pss:                   8 kB
        7f00-8000 rw-s 00000000 00:01 1024 /memfd:with\\012newline (deleted)
        Rss:                   0 kB
        Swap:                  4 kB
        7fff0000-7fff1000 rw-p 00000000 00:00 0\s
        Rss:                   4 kB
        Anonymous:             4 kB
        LazyFree:              4 kB
        AnonHugePages:         0 kB
        VmFlags: rd wr mr mw me ac
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
        Rss:                   4 kB
        """;
    MemoryUse use = parse(text, new StringBuilder());
    assertThat(use.mappings())
        .extracting(mapping -> mapping.mapping().name())
        .containsExactly("/opt/a b/c (deleted)", "/memfd:with\\012newline (deleted)", "");
    assertThat(use.mappings().getFirst().mapping())
        .isEqualTo(
            new Mapping(
                new AddressRange(0x400000, 0x500000), "r-xp", 0x1000, 77, "/opt/a b/c (deleted)"));
    assertThat(use.rssBytes()).isEqualTo(20 << 10);
    assertThat(use.pssBytes()).isEqualTo(8 << 10);
    assertThat(use.lazyFreeBytes()).isEqualTo(4 << 10);
    // no more than the range has
    assertThat(use.swapBytes()).isEqualTo(0x100);
  }

  @Test
  void mappings_of50000_areBoundedAndTheSumsWhole() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      text.append(Long.toHexString(0x10000L * (i + 1)))
          .append('-')
          .append(Long.toHexString(0x10000L * (i + 1) + 0x8000))
          .append(i % 2 == 0 ? " rw-p 0 00:00 0 \n" : " ---p 0 00:00 0 \n")
          .append(i % 2 == 0 ? "Rss: 4 kB\nAnonymous: 4 kB\n" : "Rss: 0 kB\n");
    }
    StringBuilder unseen = new StringBuilder();
    MemoryUse use = parse(text.toString(), unseen);
    assertThat(use.mappings()).hasSize(Smaps.MAPPINGS_MAX + 1);
    assertThat(use.rssBytes()).isEqualTo(25_000L * 4096);
    assertThat(use.count()).isEqualTo(50_000);
    assertThat(use.mappings().getLast().mappings()).isEqualTo(25_000 - Smaps.MAPPINGS_MAX / 2);
    assertThat(use.mappings().getLast().mapping().isAnonymous()).isTrue();
    assertThat(unseen).contains("of 50000 mappings the last " + (50_000 - Smaps.MAPPINGS_MAX));
  }

  @Test
  void mappings_manyNamesBeyondTheBound_areBoundedToo() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append("1000-2000 r--p 0 00:00 7 /file").append(i).append("\nRss: 4 kB\n");
    }
    MemoryUse use = parse(text.toString(), new StringBuilder());
    assertThat(use.mappings()).hasSize(Smaps.MAPPINGS_MAX + Smaps.SUMS_MAX + 1);
    assertThat(use.rssBytes()).isEqualTo(20_000L * 4096);
  }

  @Test
  void mappings_notToBeRead_areSumsFromStatusAndSaySo(@TempDir Path folder) throws IOException {
    Reading<MemoryUse> reading = Smaps.read(new FakeProc(folder).process().target());
    assertThat(reading.unseen()).contains("the mappings of process 4711 cannot be seen");
    assertThat(reading.value()).isNotNull();
    assertThat(reading.value().rssBytes()).isEqualTo(10 << 10);
    assertThat(reading.value().pssBytes()).isEqualTo(-1);
    assertThat(reading.value().anonymousBytes()).isEqualTo(6 << 10);
    assertThat(reading.value().swapBytes()).isEqualTo(2 << 10);
  }

  private static MemoryUse parse(String text, StringBuilder unseen) throws IOException {
    return Smaps.parse(
        ProcText.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "smaps"),
        unseen);
  }
}

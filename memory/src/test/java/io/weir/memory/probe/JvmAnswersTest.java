package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.probe.JvmArea.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recorded answers are of JVMs with -Xmx128m. */
class JvmAnswersTest {
  private static final long HEAP_BYTES = 128 << 20;

  private static final List<String> RECORDED =
      List.of(
          "jvm17-G1-heap.txt",
          "jvm25-Serial-heap.txt",
          "jvm25-Shenandoah-heap.txt",
          "jvm25-Epsilon-heap.txt",
          "jvm25-Z-heap.txt",
          "jvm25-code.txt",
          "jvm25-nmt.txt",
          "jvm25-map.txt");

  @ParameterizedTest
  @CsvSource({
    "17, Serial, 2795, 126720, true",
    "25, Serial, 3961, 126720, true",
    "17, G1, 1563, 131072, true",
    "25, G1, 2477, 131072, true",
    "17, Parallel, 2662, 125952, true",
    "25, Parallel, 3828, 125952, true",
    "17, Z, 4096, 131072, false",
    "25, Z, 4096, 131072, false",
    "17, Shenandoah, 1536, 131072, true",
    "25, Shenandoah, 2304, 131072, true",
    "17, Epsilon, 977, 131072, true",
    "25, Epsilon, 1605, 131072, true",
  })
  void heap_recordedAnswer_readsAll(
      int jdk, String collector, long usedKb, long committedKb, boolean placed) throws IOException {
    JvmAnswers answers = new JvmAnswers();
    feed("jvm" + jdk + "-" + collector + "-heap.txt", answers::heap);
    JvmUse use = answers.use();
    assertThat(use.collector()).isEqualTo(collector);
    assertThat(use.heapUsedBytes() >> 10).isEqualTo(usedKb);
    assertThat(use.heapCommittedBytes() >> 10).isEqualTo(committedKb);
    assertThat(bytes(use, Kind.HEAP)).isEqualTo(placed ? HEAP_BYTES : 0);
  }

  @ParameterizedTest
  @CsvSource({"17, 1281, 251658240", "25, 1252, 251662336"})
  void code_segmentedCache_oneAreaAndTheSum(int jdk, long usedKb, long placed) throws IOException {
    JvmAnswers answers = new JvmAnswers();
    feed("jvm" + jdk + "-code.txt", answers::code);
    assertThat(answers.use().codeUsedBytes() >> 10).isEqualTo(usedKb);
    assertThat(bytes(answers.use(), Kind.CODE)).isEqualTo(placed);
  }

  @Test
  void nativeMemory_recordedAnswer_categoriesAndDirect() throws IOException {
    JvmAnswers answers = new JvmAnswers();
    feed("jvm25-nmt.txt", answers::nativeMemory);
    assertThat(answers.use().nmt())
        .containsEntry("Java Heap", HEAP_BYTES)
        .containsEntry("Shared class space", 14_241_888L)
        .containsEntry("GC", 442_822L)
        .hasSize(22);
    assertThat(answers.use().directBytes()).isEqualTo(10 << 20);
  }

  @Test
  void nativeMemory_notEnabled_directIsUnknown() {
    JvmAnswers answers = new JvmAnswers();
    answers.nativeMemory("Native memory tracking is not enabled");
    assertThat(answers.isTracked()).isFalse();
    assertThat(answers.use().directBytes()).isEqualTo(-1);
  }

  @Test
  void map_tracked_everyPurposeHasItsPlace() throws IOException {
    JvmAnswers answers = new JvmAnswers();
    feed("jvm25-map.txt", answers::map);
    JvmUse use = answers.use();
    assertThat(bytes(use, Kind.HEAP)).isEqualTo(HEAP_BYTES);
    assertThat(bytes(use, Kind.ARCHIVE)).isEqualTo(16 << 20);
    assertThat(bytes(use, Kind.METASPACE)).isGreaterThanOrEqualTo((1L << 30) + (64 << 20));
    assertThat(bytes(use, Kind.STACK)).isGreaterThan(1 << 20);
  }

  @Test
  void metaspace_node_isAnArea() {
    JvmAnswers answers = new JvmAnswers();
    answers.metaspace("- node #0: base 0x00007f5afc000000: reserved=67108864 bytes, committed=0");
    assertThat(answers.use().areas())
        .containsExactly(
            new JvmArea(Kind.METASPACE, new AddressRange(0x7f5afc000000L, 0x7f5b00000000L)));
  }

  @Test
  void areas_overlap_theFirstKeepsIts() {
    JvmAreas areas = new JvmAreas();
    areas.add(Kind.HEAP, new AddressRange(100, 200));
    areas.add(Kind.ARCHIVE, new AddressRange(50, 250));
    areas.add(Kind.ARCHIVE, new AddressRange(150, 300));
    assertThat(areas.list())
        .containsExactly(
            new JvmArea(Kind.ARCHIVE, new AddressRange(50, 100)),
            new JvmArea(Kind.HEAP, new AddressRange(100, 200)),
            new JvmArea(Kind.ARCHIVE, new AddressRange(200, 300)));
  }

  @Property
  void areas_anyOrder_neverOverlap(@ForAll List<@IntRange(max = 1000) Integer> bounds) {
    JvmAreas areas = new JvmAreas();
    for (int i = 0; i + 1 < bounds.size(); i++) {
      Kind kind = i % 3 == 0 ? Kind.HEAP : Kind.ARCHIVE;
      areas.add(kind, JvmText.range(bounds.get(i), bounds.get(i + 1)));
    }
    long end = 0;
    for (JvmArea area : areas.list()) {
      assertThat(area.range().start()).isGreaterThanOrEqualTo(end);
      end = area.range().end();
    }
  }

  /** Whatever comes, no exception, and no number below -1. */
  @Property
  void anyAnswer_spoiled_isPassedOver(
      @ForAll @IntRange(max = 7) int which,
      @ForAll @IntRange(max = 40_000) int at,
      @ForAll String spoil)
      throws IOException {
    String text = text(RECORDED.get(which));
    int cut = Math.min(at, text.length());
    int rest = Math.min(text.length(), cut + spoil.length());
    JvmAnswers answers = new JvmAnswers();
    all(answers, text.substring(0, cut) + spoil + text.substring(rest));
    all(answers, spoil);
    JvmUse use = answers.use();
    assertThat(
            List.of(
                use.heapUsedBytes(),
                use.heapCommittedBytes(),
                use.heapMaxBytes(),
                use.codeUsedBytes(),
                use.metaspaceUsedBytes(),
                use.directBytes()))
        .allMatch(bytes -> bytes >= -1);
  }

  private static void all(JvmAnswers answers, String text) {
    text.lines()
        .forEach(
            line -> {
              answers.version(line);
              answers.flags(line);
              answers.heap(line);
              answers.code(line);
              answers.metaspace(line);
              answers.nativeMemory(line);
              answers.map(line);
            });
  }

  private static long bytes(JvmUse use, Kind kind) {
    return use.areas().stream()
        .filter(area -> area.kind() == kind)
        .mapToLong(area -> area.range().bytes())
        .sum();
  }

  private static void feed(String name, Consumer<String> lines) throws IOException {
    text(name).lines().forEach(lines);
  }

  private static String text(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(JvmAnswersTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

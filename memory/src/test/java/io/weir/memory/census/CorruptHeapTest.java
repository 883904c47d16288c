package io.weir.memory.census;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Heaps without a process: sound ones are counted exactly, corrupt ones end in no number. */
class CorruptHeapTest {
  private static final int PAGES = 96;

  /** Values that lead somewhere. */
  private static final long[] WORDS = {
    0,
    1,
    16,
    17,
    32,
    33,
    0x291,
    4096,
    -1,
    Long.MIN_VALUE,
    HeapImage.HEAP,
    HeapImage.HEAP + 0x290,
    HeapImage.DATA + 0x100,
    1L << 46,
    65536
  };

  private static @Nullable ArenaCount count(HeapImage image)
      throws IOException, HeapChangedException {
    Window window = new Window(image, Window.WORDS_MAX);
    Window peek = new Window(image, 0);
    ArenaSearch.Found found = new ArenaSearch(peek, image.mappings()).find();
    if (found == null) {
      return null;
    }
    MallocParameters parameters = MallocParameters.find(peek, found.data(), image.heapRange());
    if (parameters == null) {
      return null;
    }
    ArenaCounter counter = new ArenaCounter(window, peek, found.binsOffset());
    for (int i = 1; i < found.arenas().size(); i++) {
      counter.other(found.arenas().get(i));
    }
    long end = image.heapRange().end();
    return counter.main(found.arenas().getFirst(), parameters.sbrkBase(), end);
  }

  @Property
  void counted_soundImage_exact(@ForAll long seed, @ForAll boolean modern)
      throws IOException, HeapChangedException {
    HeapImage image = new HeapImage(seed, PAGES, modern);
    ArenaCount count = count(image);
    assertThat(count).isNotNull();
    assertThat(count.state.base()).isEqualTo(HeapImage.arenaAddress());
    assertThat(count.walkedLiveBytes).isEqualTo(image.liveBytes);
    assertThat(count.freeChunkBytes).isEqualTo(image.freeBytes);
    assertThat(count.fastbinBytes).isEqualTo(image.fastbinBytes);
    assertThat(count.tcacheBytes()).isEqualTo(image.tcacheBytes);
    assertThat(count.topBytes).isEqualTo(image.topBytes);
  }

  @Property
  void counted_corruptImage_ends(@ForAll long seed, @ForAll boolean modern) throws IOException {
    Random random = new Random(seed);
    HeapImage image = new HeapImage(seed, PAGES, modern);
    for (int i = 1 + random.nextInt(20); i > 0; i--) {
      long[] words = random.nextBoolean() ? image.data : image.heap;
      long value = random.nextInt(4) == 0 ? random.nextLong() : WORDS[random.nextInt(WORDS.length)];
      words[random.nextInt(words.length)] = value;
    }
    try {
      ArenaCount count = count(image);
      if (count != null) {
        long sum =
            count.walkedLiveBytes + count.freeChunkBytes + count.fastbinBytes + count.topBytes;
        assertThat(sum).isEqualTo(count.state.systemBytes());
      }
    } catch (HeapChangedException e) {
      assertThat(e).hasMessageContaining(" ");
    }
  }
}

package io.weir.relay.budget;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The sizes that a kernel's limits leave. */
class WindowSizesTest {
  private static final int SMALL_MAX = 2 * 212_992;
  private static final int KERNEL_MAX = Integer.MAX_VALUE / 2;

  private static WindowSizes sizes(int max, boolean unlocks) {
    return new WindowSizes(new WindowSizes.Limits(max, max, 33_554_432, 4_194_304, unlocks));
  }

  @Test
  void smallMax_endsWithTheKernelsOwnTuning_leasedAtItsMaximum() {
    WindowSizes small = sizes(SMALL_MAX, true);
    int last = small.levels() - 1;
    assertThat(small.receiveBytes(last)).isEqualTo(WindowSizes.AUTO);
    assertThat(small.sendBytes(last)).isEqualTo(WindowSizes.AUTO);
    assertThat(small.receiveBytes(last - 1)).isEqualTo(SMALL_MAX);
    assertThat(small.sendBytes(last - 1)).isEqualTo(SMALL_MAX);
    assertThat(small.receiveLeaseBytes(last)).isBetween(33_554_432, 36_000_000);
    assertThat(small.sendLeaseBytes(last)).isBetween(4_194_304, 4_350_000);
  }

  @Test
  void smallMax_withoutUnlocking_endsAtThatMax() {
    WindowSizes small = sizes(SMALL_MAX, false);
    assertThat(small.receiveBytes(small.levels() - 1)).isEqualTo(SMALL_MAX);
    assertThat(small.sendBytes(small.levels() - 1)).isEqualTo(SMALL_MAX);
  }

  @Test
  void largeMax_needsNoTuningOfTheKernels() {
    WindowSizes large = sizes(8 << 20, true);
    assertThat(large.receiveBytes(large.levels() - 1)).isEqualTo(8 << 20);
    assertThat(large.sendBytes(large.levels() - 1)).isEqualTo(8 << 20);
  }

  @Test
  void unprovenFlow_isNotGivenTheKernelsOwnTuning() {
    WindowSizes small = sizes(SMALL_MAX, true);
    int proven = small.levelWithin(FlowLease.PROVEN_WINDOW_BYTES);
    assertThat(small.receiveBytes(proven)).isNotEqualTo(WindowSizes.AUTO);
  }

  @Property
  void sizes_areMonotone_withinTheLimits_andLeasesCoverThem(
      @ForAll @IntRange(min = 4608, max = KERNEL_MAX) int receiveMax,
      @ForAll @IntRange(min = 4608, max = KERNEL_MAX) int sendMax,
      @ForAll @IntRange(min = 4096, max = KERNEL_MAX) int autoReceive,
      @ForAll @IntRange(min = 4096, max = KERNEL_MAX) int autoSend,
      @ForAll boolean unlocks) {
    WindowSizes all =
        new WindowSizes(
            new WindowSizes.Limits(receiveMax, sendMax, autoReceive, autoSend, unlocks));
    for (int level = 0; level < all.levels(); level++) {
      boolean auto = all.receiveBytes(level) == WindowSizes.AUTO;
      assertThat(all.sendBytes(level) == WindowSizes.AUTO).isEqualTo(auto);
      assertThat(auto && (!unlocks || level < all.levels() - 1)).isFalse();
      assertThat(all.receiveBytes(level)).isLessThanOrEqualTo(receiveMax);
      assertThat(all.sendBytes(level)).isLessThanOrEqualTo(sendMax);
      assertThat(all.receiveLeaseBytes(level)).isGreaterThan(all.receiveBytes(level));
      assertThat(all.sendLeaseBytes(level)).isGreaterThan(all.sendBytes(level));
      assertThat(all.levelFor(all.windowBytes(level))).isLessThanOrEqualTo(level);
      assertThat(all.windowBytes(all.levelWithin(all.windowBytes(level))))
          .isEqualTo(all.windowBytes(level));
      if (level > 0) {
        assertThat(all.receiveLeaseBytes(level))
            .isGreaterThanOrEqualTo(all.receiveLeaseBytes(level - 1));
        assertThat(all.sendLeaseBytes(level)).isGreaterThanOrEqualTo(all.sendLeaseBytes(level - 1));
        assertThat(all.windowBytes(level)).isGreaterThanOrEqualTo(all.windowBytes(level - 1));
        assertThat(all.extraBytes(level)).isGreaterThanOrEqualTo(all.extraBytes(level - 1));
      }
    }
  }

  @Property
  void pieces_areAPartOfASmallBuffer(@ForAll @IntRange(min = 4096, max = 1 << 23) int bytes) {
    int piece = WindowSizes.pieceBytes(bytes);
    if (bytes < WindowSizes.WHOLE_WRITES_FROM_BYTES) {
      assertThat(piece).isBetween(bytes / 4, bytes / 2);
    } else {
      assertThat(piece).isEqualTo(Integer.MAX_VALUE);
    }
    assertThat(WindowSizes.pieceBytes(WindowSizes.AUTO)).isEqualTo(Integer.MAX_VALUE);
  }
}

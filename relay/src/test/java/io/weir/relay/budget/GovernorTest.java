package io.weir.relay.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What the governor makes of rates, in simulated time. */
class GovernorTest {
  private static final long TICK_NANOS = 10_000_000;
  private static final long LOOK_NANOS = 250_000_000;
  private static final int TICKS_PER_LOOK = (int) (LOOK_NANOS / TICK_NANOS);
  private static final WindowSizes SIZES =
      new WindowSizes(new WindowSizes.Limits(8 << 20, 8 << 20, 32 << 20, 4 << 20, true));
  private static final WindowSizes SMALL =
      new WindowSizes(new WindowSizes.Limits(2 * 212_992, 2 * 212_992, 6 << 20, 4 << 20, true));
  private static final long PLENTY_BYTES = 1L << 40;

  /** A download whose sink drains at a rate, within what the windows let pass in a round trip. */
  private static final class Download {
    final Pair pair;
    final FlowLease flow;
    final WindowSizes sizes;
    long bytesPerSecond;

    Download(Pair pair, WindowSizes sizes, long bytesPerSecond) {
      this.pair = pair;
      this.sizes = sizes;
      this.bytesPerSecond = bytesPerSecond;
      flow = pair.flow(true);
      flow.begin(Long.MAX_VALUE);
    }

    void tick() {
      long wanted = bytesPerSecond * TICK_NANOS / 1_000_000_000;
      flow.moved(Math.min(wanted, sizes.windowBytes(flow.level())));
      pair.originKernel.passPromised();
    }
  }

  private static final class Loops {
    final Budget budget;
    final Fairness fairness;
    final WindowSizes sizes;
    final Governor[] governors = new Governor[2];
    final List<Download> downloads = new ArrayList<>();
    long nowNanos = 1;

    Loops(long budgetBytes, WindowSizes sizes) {
      this.budget = new Budget(budgetBytes);
      this.sizes = sizes;
      fairness = new Fairness(budget, sizes);
      governors[0] = fairness.governor(() -> nowNanos);
      governors[1] = fairness.governor(() -> nowNanos);
    }

    Download download(long bytesPerSecond) {
      Governor governor = governors[downloads.size() % governors.length];
      assertThat(governor.admit(2L * sizes.leastSocketBytes())).isTrue();
      Download download = new Download(new Pair(governor, sizes), sizes, bytesPerSecond);
      downloads.add(download);
      return download;
    }

    void run(int looks) {
      for (int look = 0; look < looks; look++) {
        for (int tick = 0; tick < TICKS_PER_LOOK; tick++) {
          nowNanos += TICK_NANOS;
          downloads.forEach(Download::tick);
        }
        for (Governor governor : governors) {
          governor.look();
        }
        downloads.forEach(each -> each.pair.look(nowNanos, false));
      }
    }

    long changes() {
      long sum = 0;
      for (Governor governor : governors) {
        sum += governor.growths() + governor.shrinks();
      }
      return sum;
    }
  }

  /** Fills nearly all of the budget, so that there is no plenty. */
  private static Loops tight(int pairs) {
    long least = 2L * SIZES.leastSocketBytes();
    return new Loops(pairs * least + 64 * SIZES.extraBytes(3), SIZES);
  }

  @Test
  void stalledFlow_fallsToTheLeast_withinTenLooks() {
    for (int level = 1; level < SIZES.levels(); level++) {
      long rate = SIZES.windowBytes(level) * 1000 / FlowLease.WANTED_MILLIS;
      Loops loops = new Loops(PLENTY_BYTES, SIZES);
      Download download = loops.download(rate);
      loops.run(80);
      assertThat(download.flow.level()).isBetween(level, level + 1);
      download.bytesPerSecond = 0;
      assertThat(loops.budget.take(PLENTY_BYTES / 2, 0)).isTrue(); // others have come
      loops.run(10);
      assertThat(download.flow.level()).as("from level %d", level).isZero();
      assertThat(loops.fairness.starts().leasedBytes()).isZero();
      assertThat(download.pair.client.bytes()).isEqualTo(SIZES.leastSocketBytes());
    }
  }

  @Test
  void stalledFlows_leaveTheShareOfStarts_whileTheyLast() {
    Loops loops = new Loops(64 << 20, SIZES);
    assertThat(loops.budget.take(30 << 20, 0)).isTrue();
    for (int i = 0; i < 100; i++) {
      loops.download(0);
    }
    assertThat(loops.fairness.starts().leasedBytes()).isPositive();
    loops.run(12);
    assertThat(loops.fairness.starts().leasedBytes()).isZero();
    assertThat(loops.download(0).flow.level()).isPositive();
  }

  @Test
  void fastFlow_reachesTheTop_withinASecond() {
    for (WindowSizes sizes : List.of(SIZES, SMALL)) {
      Loops loops = new Loops(PLENTY_BYTES, sizes);
      Download download = loops.download(1L << 31);
      loops.run(4);
      assertThat(download.flow.level()).isEqualTo(sizes.levels() - 1);
    }
  }

  @Test
  void fastFlow_thatBeginsAtTheLeast_reachesTheTop_withinASecond() {
    Loops loops = new Loops(PLENTY_BYTES, SIZES);
    assertThat(loops.fairness.starts().take(loops.fairness.starts().freeBytes(), 0)).isTrue();
    Download download = loops.download(1L << 31);
    assertThat(download.flow.level()).isZero();
    loops.run(4);
    assertThat(download.flow.level()).isEqualTo(SIZES.levels() - 1);
  }

  @Test
  void socketThatSwallowsMuchAndStalls_doesNotPassForFast() {
    for (WindowSizes sizes : List.of(SIZES, SMALL)) {
      Loops loops = new Loops(PLENTY_BYTES, sizes);
      Download download = loops.download(0);
      for (int moved = 0; moved < 4 << 20; moved += 64 * 1024) {
        loops.nowNanos += 100_000;
        download.flow.moved(64 * 1024);
        assertThat(sizes.windowBytes(download.flow.level()))
            .isLessThanOrEqualTo(FlowLease.PROVEN_WINDOW_BYTES);
      }
      download.bytesPerSecond = 20_000;
      for (int look = 0; look < 100; look++) {
        loops.run(1);
        assertThat(sizes.windowBytes(download.flow.level()))
            .isLessThanOrEqualTo(FlowLease.PROVEN_WINDOW_BYTES);
      }
      assertThat(download.flow.wantedLevel()).isZero();
    }
  }

  @Test
  void socketsOfDifferentLevels_areEqual_onceAFlowBegins() {
    Loops loops = new Loops(PLENTY_BYTES, SIZES);
    Pair pair = new Pair(loops.governors[0], SIZES);
    pair.origin.receive(0, 0);
    pair.flow(true);
    assertThat(pair.client.sendLevel()).isZero();
  }

  @Test
  void sourceThatWasCut_mayBeUsedAgain_whereThereIsPlenty() {
    Loops loops = new Loops(PLENTY_BYTES, SIZES);
    Download download = loops.download(1L << 31);
    loops.run(4);
    download.bytesPerSecond = 0;
    loops.run(10);
    assertThat(download.pair.origin.stunted()).isTrue();
    download.pair.endFlows();
    assertThat(download.pair.origin.stunted()).isFalse();
  }

  @Test
  void fewBytesOfAHead_leaseNoMore() {
    Loops loops = new Loops(PLENTY_BYTES, SIZES);
    Pair pair = new Pair(loops.governors[0], SIZES);
    assertThat(pair.governor.widenForHead(pair.client, 64 * 1024, 100)).isFalse();
    assertThat(pair.client.receiveLevel()).isZero();
    assertThat(pair.governor.widenForHead(pair.client, 64 * 1024, 2500)).isTrue();
    assertThat(pair.client.receiveLevel()).isEqualTo(SIZES.levelForWindow(64 * 1024));
  }

  @Property(tries = 40)
  void constantRates_settle_andAreFair(@ForAll long seed) {
    Random random = new Random(seed);
    int count = random.nextInt(2, 16);
    Loops loops = new Loops((long) (1 << 20) * random.nextInt(2, 64), SIZES);
    for (int i = 0; i < count; i++) {
      loops.download(100_000L << random.nextInt(12));
    }
    loops.run(80);
    long before = loops.changes();
    loops.run(40);
    assertThat(loops.changes() - before).as("growths and shrinks of constant rates").isZero();
    for (Download one : loops.downloads) {
      if (one.flow.level() < one.flow.wantedLevel()) {
        for (Download other : loops.downloads) {
          assertThat(other.flow.level()).isLessThanOrEqualTo(one.flow.level() + 1);
        }
      }
    }
  }

  @Property(tries = 20)
  void slowFlows_atTheEdgeOfPlenty_doNotComeAndGo(@ForAll long seed) {
    Random random = new Random(seed);
    Loops loops = tight(100);
    for (int i = 0; i < 100; i++) {
      loops.download(random.nextInt(1_000, 20_000));
    }
    loops.run(40);
    long before = loops.changes();
    loops.run(40);
    assertThat(loops.changes() - before).isZero();
  }
}

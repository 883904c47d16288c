package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Who is reset, whatever the loops say in whatever order. */
class StalledResetPropertyTest {
  private static final int STEPS = 300;

  @Property
  void reset_isOfTheLargest_atMostOncePerLook_andOnlyWhenAskedLately(@ForAll long seed) {
    Random random = new Random(seed);
    long nowNanos = random.nextLong(); // nanoTime may overflow
    StalledReset resets = new StalledReset(nowNanos);
    StalledReset.Share[] shares = new StalledReset.Share[random.nextInt(1, 5)];
    long[] published = new long[shares.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = resets.share();
    }
    long sinceReset = Long.MAX_VALUE;
    long sinceAsk = Long.MAX_VALUE;
    for (int step = 0; step < STEPS; step++) {
      long elapsed = random.nextLong(200_000_000);
      nowNanos += elapsed;
      sinceReset = later(sinceReset, elapsed);
      sinceAsk = later(sinceAsk, elapsed);
      int what = random.nextInt(8);
      if (what == 0) {
        resets.withdraw(nowNanos);
        sinceAsk = Long.MAX_VALUE;
      } else if (what < 3) {
        boolean any = largest(published) > 0;
        assertThat(resets.ask(nowNanos)).isEqualTo(any);
        sinceAsk = any ? 0 : sinceAsk;
      } else {
        int loop = random.nextInt(shares.length);
        published[loop] = random.nextInt(3) == 0 ? 0 : random.nextLong(5);
        boolean due = shares[loop].due(published[loop], nowNanos);
        boolean expected =
            published[loop] > 0
                && published[loop] == largest(published)
                && sinceAsk <= 500_000_000
                && sinceReset >= StalledReset.PAUSE_NANOS;
        assertThat(due).as("step %d of loop %d", step, loop).isEqualTo(expected);
        if (due) {
          sinceReset = 0;
          sinceAsk = Long.MAX_VALUE; // it was answered
        }
      }
    }
  }

  private static long later(long since, long elapsed) {
    return since == Long.MAX_VALUE ? since : since + elapsed;
  }

  private static long largest(long[] published) {
    long largest = 0;
    for (long bytes : published) {
      largest = Math.max(largest, bytes);
    }
    return largest;
  }
}

package io.weir.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.exchange.LocalBody;
import io.weir.relay.exchange.LocalResponse;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Frames and those who watch them. */
class WatchersTest {
  private final Watchers watchers = new Watchers();

  private LocalBody.Streamed enter() {
    LocalResponse response = watchers.enter(null);
    assertThat(response.status()).isEqualTo(200);
    return (LocalBody.Streamed) response.body();
  }

  private static byte[] frame(String text) {
    return text.getBytes(US_ASCII);
  }

  @Test
  void watcher_thatDoesNotRead_holdsTheNewestFrameAlone() {
    LocalBody.Streamed slow = enter();
    AtomicInteger woken = new AtomicInteger();
    slow.begin(woken::incrementAndGet);
    assertThat(slow.next()).isEqualTo(frame("retry: 2000\n\n"));
    for (int i = 0; i < 100; i++) {
      watchers.publish(frame("frame " + i));
    }
    assertThat(watchers.dropped()).isEqualTo(99);
    assertThat(woken).hasValue(100);
    assertThat(slow.next()).isEqualTo(frame("frame 99"));
    assertThat(slow.next()).isNull();
  }

  @Test
  void watchers_whoAllRead_shareOneFrame() {
    LocalBody.Streamed one = enter();
    LocalBody.Streamed other = enter();
    one.next();
    other.next();
    byte[] frame = frame("shared");
    watchers.publish(frame);
    assertThat(one.next()).isSameAs(frame);
    assertThat(other.next()).isSameAs(frame);
    assertThat(watchers.dropped()).isZero();
  }

  @Test
  void watcher_beyondTheLimit_isToldWhenToComeAgain() {
    for (int i = 1; i < Watchers.WATCHERS_MAX; i++) {
      enter();
    }
    LocalBody.Streamed last = enter();
    LocalResponse refusal = watchers.enter(null);
    assertThat(refusal.status()).isEqualTo(503);
    assertThat(refusal.fields()).contains("Retry-After: 10\r\n");
    assertThat(refusal.close()).isTrue();
    last.end();
    assertThat(watchers.count()).isEqualTo(Watchers.WATCHERS_MAX - 1);
    enter();
  }

  @Test
  void watcher_thatComesLater_getsTheLastFrameAtOnce() {
    LocalResponse response = watchers.enter(frame("last"));
    assertThat(((LocalBody.Streamed) response.body()).next()).isEqualTo(frame("last"));
  }
}

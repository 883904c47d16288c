package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.scenarios.Doctor.Report;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The story: a relay on unmodified Node, and readers that stall. Its RSS alone tells nothing. */
class DoctorNodeTest {
  private static final long SEED = 31;
  private static final int READERS = 3;
  private static final long BODY_BYTES = (Program.LONG ? 200L : 100L) * 1_000_000;
  private static final int RECEIVE_BUFFER_BYTES = 64 * 1024;

  /** What an idle Node touches on its own. */
  private static final long NOISE_BYTES = 4 << 20;

  private static final int LOOK_MILLIS = 50;
  private static final int STEADY_LOOKS = 10;

  private final List<RawClient> readers = new ArrayList<>();
  private Origin origin;

  @BeforeEach
  void startOrigin() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stop() throws Exception {
    for (RawClient reader : readers) {
      reader.close();
    }
    origin.close();
  }

  private Target relay(String mode) throws Exception {
    return Target.relay(mode, "http://127.0.0.1:" + origin.port() + "/bytes/" + BODY_BYTES);
  }

  /** Readers that have their head, and then stall. */
  private void stall(Target relay, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port());
      RawClient reader =
          RawClient.connect(address, RECEIVE_BUFFER_BYTES, RawClient.TIME_LIMIT_MILLIS);
      readers.add(reader);
      reader.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(reader.readHead()).startsWith("HTTP/1.1 200 ");
    }
  }

  private void drain() throws Exception {
    for (RawClient reader : readers) {
      assertThat(reader.readSeeded(origin.sequence(), 0, BODY_BYTES)).isEqualTo(-1);
    }
  }

  private static long usage(Target relay, String name) throws Exception {
    return Json.number(Json.parse(relay.ask("usage")), name);
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.WAIT_SECONDS_MAX);
    while (!condition.call()) {
      assertThat(System.nanoTime() - deadline).as("never " + what).isNegative();
      Thread.sleep(LOOK_MILLIS);
    }
  }

  @Test
  void relay_idle_isHealthy() throws Exception {
    try (Target relay = relay("naive")) {
      Report report = Doctor.examine(relay.pid());
      assertThat(report.verdict()).isEqualTo("HEALTHY");
      assertThat(report.allocator()).contains("glibc");
      assertThat(report.counted()).isTrue();
    }
  }

  @Test
  void naiveRelay_inEachOfItsStates_isToldApart() throws Exception {
    try (Target relay = relay("naive")) {
      long idle = relay.rssBytes();
      stall(relay, READERS);
      await("all is taken in", () -> usage(relay, "received") == READERS * BODY_BYTES);
      relay.told("pin");
      checkBuffering(relay);
      drain();
      await("all is drained", () -> usage(relay, "waiting") == 0);
      checkDrained(Doctor.examine(relay.pid()));
      relay.told("gc");
      checkRetained(relay, idle);
    }
  }

  private void checkBuffering(Target relay) throws Exception {
    long waiting = usage(relay, "waiting");
    Report report = Doctor.examine(relay.pid());
    assertThat(report.verdict()).as(report.toString()).isEqualTo("BUFFERING");
    assertThat((double) report.liveBytes()).isBetween(waiting * 1.0, waiting * 1.2);
    Map<String, Object> finding = report.finding("BUFFERING");
    assertThat((double) Json.number(finding, "bytes")).isBetween(waiting * 0.8, waiting * 1.2);
    for (RawClient reader : readers) {
      assertThat(finding.toString()).contains("127.0.0.1:" + reader.localPort());
    }
  }

  /** What was not collected yet is live to malloc: large, but nobody's fault. */
  private static void checkDrained(Report report) throws Exception {
    assertThat(report.verdicts()).doesNotContain("LEAK-SUSPECT", "BUFFERING");
    assertThat(report.verdict())
        .as(report.toString())
        .isIn("MANAGED-HEAP", "RETAINED", "MANY-ARENAS", "TOO-EARLY");
  }

  /** What is resident now, and was not before the load, is what a trim would give back. */
  private static void checkRetained(Target relay, long idle) throws Exception {
    long before = relay.rssBytes();
    Report report = Doctor.examine(relay.pid());
    assertThat(Math.abs(relay.rssBytes() - before)).isLessThan(NOISE_BYTES);
    assertThat(Math.abs(report.rssBytes() - before)).isLessThan(NOISE_BYTES);
    long kept = before - idle;
    assertThat(kept).isGreaterThan(READERS * BODY_BYTES / 2);
    assertThat((double) report.trimmableBytes()).isBetween(kept * 0.9, kept * 1.02);
    assertThat(report.freeBytes()).isGreaterThanOrEqualTo(report.trimmableBytes());
    assertThat(report.liveBytes()).isLessThan(10_000_000);
    assertThat(report.verdict()).as(report.toString()).isEqualTo("RETAINED");
    assertThat((double) Json.number(report.finding("RETAINED"), "bytes"))
        .isBetween(kept * 0.9, kept * 1.02);
  }

  /** Growth that readers explain is no leak, however long it goes on. */
  @Test
  void naiveRelay_thatGrowsWhileAReaderStalls_isBuffering() throws Exception {
    byte[] piece = new byte[64 * 1024];
    try (RawOrigin endless =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
                  while (!Thread.currentThread().isInterrupted()) {
                    connection.write(piece);
                    Thread.sleep(10);
                  }
                });
        Target relay = Target.relay("naive", "http://127.0.0.1:" + endless.port() + "/")) {
      stall(relay, 1);
      await("it buffers", () -> usage(relay, "waiting") > 10_000_000);
      Report report = Doctor.examine(relay.pid(), "--watch", "13s");
      for (int again = 0; again < 2 && report.starved(); again++) {
        report = Doctor.examine(relay.pid(), "--watch", "13s");
      }
      assertThat(report.verdict()).as(report.toString()).isEqualTo("BUFFERING");
      assertThat(report.verdicts()).doesNotContain("LEAK-SUSPECT");
    }
  }

  @Test
  void pipedRelay_withTheSameReaders_isHealthy() throws Exception {
    try (Target relay = relay("pipe")) {
      stall(relay, READERS);
      awaitSteady(); // or the relay has had no turn for so long: it waits, until the kernel is full
      await(
          "the kernel holds what nobody reads",
          () -> Doctor.examine(relay.pid()).row("kernel sockets") >= 3_000_000L);
      Report report = Doctor.examine(relay.pid());
      assertThat(report.verdict()).as(report.toString()).isEqualTo("HEALTHY");
      assertThat(report.liveBytes()).isLessThan(40_000_000);
      assertThat(report.row("kernel sockets")).isLessThan(60_000_000L);
    }
  }

  /** Waits until the origin cannot write any more. */
  private void awaitSteady() throws Exception {
    long[] written = {-1};
    int[] same = {0};
    await(
        "the origin waits",
        () -> {
          long now = origin.counters().bytesWritten();
          same[0] = now == written[0] ? same[0] + 1 : 0;
          written[0] = now;
          return same[0] == STEADY_LOOKS;
        });
    assertThat(written[0]).isLessThan(READERS * BODY_BYTES);
  }
}

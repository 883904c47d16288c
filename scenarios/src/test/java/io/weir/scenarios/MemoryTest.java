package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.Readers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The promise itself: however much passes, and however slowly it is taken, memory stays. */
@Tag("quiet")
class MemoryTest {
  private static final long SEED = 11;
  private static final int GIGABYTES = Program.LONG ? 20 : 2;
  private static final int RATE_BYTES = 20 * 1024;
  private static final int RECEIVE_BUFFER_BYTES = 64 * 1024;

  /** In the status line, where MB are 1,000,000 bytes. */
  private static final double BIG_DOWNLOAD_BAND_MB = 8;

  private static Origin origin() throws Exception {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  private static Readers readers(Program weir, int count, long rate, int receiveBufferBytes)
      throws Exception {
    return Readers.start(
        new Readers.Plan(weir.address(), "/", count, rate, receiveBufferBytes, SEED));
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void resource_bigDownload_rssFlat() throws Exception {
    try (Origin origin = origin();
        Program weir =
            Program.serve(
                "--resource", "http://127.0.0.1:" + origin.port() + "/bytes/1000000000")) {
      download(weir);
      long linesBefore = weir.out().lines().size();
      double warm = megabytes(nextStatus(weir));
      for (int i = 0; i < GIGABYTES; i++) {
        download(weir);
      }
      nextStatus(weir);
      double max =
          weir.out().lines().stream()
              .skip(linesBefore)
              .mapToDouble(MemoryTest::megabytes)
              .max()
              .orElseThrow();
      assertThat(max - warm).as(weir.out().lines().toString()).isLessThan(BIG_DOWNLOAD_BAND_MB);
      weir.await(
          "all is counted",
          () -> weir.total("downloaded_bytes") == (GIGABYTES + 1) * 1_000_000_000L);
    }
  }

  private static String nextStatus(Program weir) throws InterruptedException {
    return weir.out().awaitFrom(weir.out().lines().size(), line -> line.contains(" MB rss "));
  }

  private static double megabytes(String statusLine) {
    return Double.parseDouble(statusLine.substring(0, statusLine.indexOf(' ')));
  }

  private static void download(Program weir) throws Exception {
    try (Readers readers = readers(weir, 1, 0, 0)) {
      assertThat(readers.await(TimeUnit.MINUTES.toMillis(2))).isTrue();
      Readers.Summary summary = readers.stop();
      assertThat(summary.progress().ok()).as(summary.toString()).isEqualTo(1);
      assertThat(summary.progress().bytes()).isEqualTo(1_000_000_000L);
    }
  }

  static IntStream crowds() {
    return Program.LONG ? IntStream.of(300, 1_000, 9_000) : IntStream.of(300);
  }

  @ParameterizedTest
  @MethodSource("crowds")
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void slowReaders_rssFlat_allServed(int count) throws Exception {
    try (Origin origin = origin();
        Program weir =
            Program.serve(
                "--quiet",
                "--memory",
                count > 4_000 ? "768m" : "256m", // see docs/memory.md of many who come at once
                "--resource",
                "http://127.0.0.1:" + origin.port() + "/disk.img")) {
      readSlowly(weir, count);
      weir.await("the first readers are gone", () -> weir.total("open_exchanges") == 0);
      long before = weir.rssBytes();
      long max = readSlowly(weir, count);
      assertThat((max - before) / Program.MEBIBYTE).as("MiB more").isLessThanOrEqualTo(24);
      weir.await(
          "the memory is given back", () -> (weir.rssBytes() - before) / Program.MEBIBYTE <= 8);
    }
  }

  /** Returns the largest resident set. */
  private static long readSlowly(Program weir, int count) throws Exception {
    List<Readers> waves = new ArrayList<>();
    try {
      waves.add(slowReaders(weir, count));
      weir.await("all are under way", () -> allUnderWay(weir, waves, count));
      long from = bytes(waves);
      long enough = from + 3L * count * RATE_BYTES;
      long max = weir.rssMaxUntil("each has read for some seconds", () -> bytes(waves) >= enough);
      String unserved = unserved(weir);
      long open = 0;
      for (Readers readers : waves) {
        Readers.Summary summary = readers.stop();
        open += summary.progress().open();
        assertThat(summary.reasons().keySet()).isSubsetOf("status 503");
        if (summary.reasons().isEmpty()) { // who was refused has no rate
          assertThat(summary.rateMin()).as("%s; unserved: %s", summary, unserved).isPositive();
        }
      }
      assertThat(open).isEqualTo(count);
      return max;
    } finally {
      waves.forEach(Readers::close);
    }
  }

  private static Readers slowReaders(Program weir, int count) throws Exception {
    return readers(weir, count, RATE_BYTES, RECEIVE_BUFFER_BYTES);
  }

  private static long bytes(List<Readers> waves) {
    return waves.stream().mapToLong(readers -> readers.progress().bytes()).sum();
  }

  /** Whoever is refused comes again: of many at once the last may find all memory in use. */
  private static boolean allUnderWay(Program weir, List<Readers> waves, int count)
      throws Exception {
    long begun = 0;
    for (Readers readers : waves) {
      begun += readers.progress().open();
    }
    if (begun < count) {
      waves.add(slowReaders(weir, Math.toIntExact(count - begun)));
    }
    return weir.total("open_exchanges") == count;
  }

  /**
   * The flows that the relay has given nothing yet: they tell a stalled flow from a late reader.
   */
  private static String unserved(Program weir) throws Exception {
    StringBuilder rows = new StringBuilder();
    for (Map<String, Object> row : Json.objects(weir.flows(), "flows")) {
      if (Json.number(row, "downloaded_bytes") == 0) {
        rows.append(row).append('\n');
      }
    }
    return rows.isEmpty() ? "none in the relay" : rows.toString();
  }
}

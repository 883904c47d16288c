package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.Readers;
import io.weir.load.SelfSigned;
import io.weir.load.Way;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same load by every way in: slow readers are held to the memory that was asked for, and leave
 * nothing when they go in the middle; whole bodies are whole.
 */
@Tag("quiet")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PathsTest {
  private static final long SEED = 31;
  private static final long MEMORY_BYTES = 256 * Program.MEBIBYTE;
  private static final int READERS = Program.LONG ? 1_000 : 200;
  private static final int RATE = 20_000;

  /** What each reader has got, on average, when the charge has been looked at enough. */
  private static final long BYTES_EACH = Program.LONG ? 10 * RATE : 2 * RATE;

  /** Small, as beyond a network: else the origin's side would hold the bodies. */
  private static final int SEND_BUFFER_BYTES = 64 * 1024;

  private static final int DOWNLOADS = 8;

  @TempDir Path folder;

  private static Origin origin() throws Exception {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return Origin.start(free, SEED, new Origin.Options(SEND_BUFFER_BYTES, 0));
  }

  /** How Weir is to be started for a way in. */
  private String[] options(String way, Origin origin) throws Exception {
    String to = "127.0.0.1:" + origin.port();
    if (way.equals("tcp")) {
      return new String[] {"--tcp", "127.0.0.1:0=" + to};
    }
    if (way.startsWith("absolute") || way.startsWith("connect") || way.startsWith("socks")) {
      return new String[] {"--forward", "--allow", to};
    }
    List<String> options = new ArrayList<>(List.of("--to", "http://" + to));
    options.addAll(List.of("--header-timeout", "60s")); // a busy machine's handshakes take long
    if (way.startsWith("tls")) {
      SelfSigned self = SelfSigned.make(folder);
      options.addAll(List.of("--tls-cert", self.certificate().toString()));
      options.addAll(List.of("--tls-key", self.key().toString()));
    }
    return options.toArray(String[]::new);
  }

  private static Readers.Plan plan(
      Program weir, Origin origin, String way, String path, int count, int rate) {
    String text =
        switch (way) {
          case "tcp" -> "plain";
          case "absolute", "connect", "socks4a", "socks5" -> way + ":127.0.0.1:" + origin.port();
          default -> way;
        };
    return new Readers.Plan(weir.address(), path, count, rate, 0, SEED, Way.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plain", "tls", "tls1.2", "h2:100", "tls+h2:100", "connect", "socks5", "tcp"})
  void slowReaders_chargeIsBelowWhatWasAskedForAndNothingIsLeft(String way) throws Exception {
    try (ChargeGroup group = ChargeGroup.make();
        Origin origin = origin();
        Program weir = Program.serveBy(group.inside(List.of()), options(way, origin))) {
      Readers.Plan plan = plan(weir, origin, way, "/bytes/1t", READERS, RATE);
      long chargeMax = 0;
      Readers.Summary summary;
      try (Readers readers = Readers.start(plan)) {
        long wanted = READERS * BYTES_EACH;
        while (readers.progress().bytes() < wanted && readers.progress().failed() == 0) {
          chargeMax = Math.max(chargeMax, group.chargeBytes());
          TimeUnit.MILLISECONDS.sleep(50);
        }
        summary = readers.stop();
      }
      assertThat(summary.reasons()).isEmpty();
      assertThat(summary.progress().open()).isEqualTo(READERS);
      assertThat(chargeMax).isPositive().isLessThan(MEMORY_BYTES);
    } // closing it says that nothing is left
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "tls",
        "tls1.2",
        "h2:4",
        "tls+h2:4",
        "absolute",
        "connect",
        "socks4a",
        "socks5",
        "tcp"
      })
  void downloads_areWhole(String way) throws Exception {
    try (Origin origin = origin();
        Program weir = Program.serve(options(way, origin))) {
      for (String path : List.of("/bytes/10000019", "/chunked/10000019", "/close/10000019")) {
        try (Readers readers = Readers.start(plan(weir, origin, way, path, DOWNLOADS, 0))) {
          assertThat(readers.await(TimeUnit.SECONDS.toMillis(Program.WAIT_SECONDS_MAX))).isTrue();
          Readers.Summary summary = readers.stop();
          assertThat(summary.reasons()).as(path).isEqualTo(Map.of());
          assertThat(summary.progress().ok()).as(path).isEqualTo(DOWNLOADS);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "tls", "h2:4", "tls+h2:4", "connect", "socks5", "tcp"})
  void origin_thatBreaksOff_breaksEachReaderOff(String way) throws Exception {
    try (Origin origin = origin();
        Program weir = Program.serve(options(way, origin))) {
      Readers.Plan plan = plan(weir, origin, way, "/abort/5000000/1000000", DOWNLOADS, 0);
      try (Readers readers = Readers.start(plan)) {
        assertThat(readers.await(TimeUnit.SECONDS.toMillis(Program.WAIT_SECONDS_MAX))).isTrue();
        Readers.Progress progress = readers.stop().progress();
        assertThat(progress.failed()).isEqualTo(DOWNLOADS);
        assertThat(progress.bytes()).isLessThanOrEqualTo(DOWNLOADS * 1_000_000L);
      }
    }
  }
}

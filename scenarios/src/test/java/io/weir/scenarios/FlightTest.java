package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exchanges and decisions in a recording of JDK Flight Recorder. */
class FlightTest {
  private static final int BODY_BYTES = 40_000_003;

  @TempDir Path folder;

  private Origin origin;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
  }

  @AfterEach
  void stop() throws Exception {
    origin.close();
  }

  private String to() {
    return "http://127.0.0.1:" + origin.port();
  }

  @Test
  void recording_fromTheStart_hasEveryExchange() throws Exception {
    Path file = folder.resolve("start.jfr");
    String options = "JDK_JAVA_OPTIONS=-XX:StartFlightRecording:filename=" + file;
    try (Program weir = Program.serveBy(List.of("env", options), "--to", to())) {
      assertThat(weir.get("/bytes/" + BODY_BYTES).body()).hasSize(BODY_BYTES);
      assertThat(weir.get("/hello", "Content-Length: x").status()).isEqualTo(400);
    }

    // By status: loops write into buffers of their own, and their clocks may differ.
    List<RecordedEvent> exchanges =
        events(file, "io.weir.Exchange").stream()
            .sorted(Comparator.comparingInt(event -> event.getInt("status")))
            .toList();
    assertThat(exchanges).hasSize(2);
    assertThat(exchanges.getFirst())
        .satisfies(event -> assertThat(event.getLong("downloadedBytes")).isEqualTo(BODY_BYTES))
        .satisfies(event -> assertThat(event.getString("target")).isEqualTo("/bytes/" + BODY_BYTES))
        .satisfies(event -> assertThat(event.getInt("status")).isEqualTo(200))
        .satisfies(event -> assertThat(event.getString("peer")).startsWith("127.0.0.1:"))
        .satisfies(event -> assertThat(event.getString("reason")).isEmpty());
    assertThat(exchanges.get(1).getString("reason")).isEqualTo("bad-framing");
    assertThat(events(file, "io.weir.LeaseResized"))
        .allSatisfy(
            event -> assertThat(event.getLong("toBytes")).isNotEqualTo(event.getLong("fromBytes")))
        .isNotEmpty();
  }

  @Test
  void recording_begunWhileItServes_hasWhatCameLater() throws Exception {
    try (Program weir = Program.serve("--to", to())) {
      assertThat(weir.get("/hello").status()).isEqualTo(200);
      weir.allowDescriptors(1); // by which the JVM listens to jcmd from now on
      jcmd(weir, "JFR.start", "name=late");
      Path file = folder.resolve("late.jfr");
      weir.await(
          "an exchange is recorded",
          () -> {
            assertThat(weir.get("/bytes/4711").body()).hasSize(4711);
            jcmd(weir, "JFR.dump", "name=late", "filename=" + file);
            return !events(file, "io.weir.Exchange").isEmpty();
          });
      assertThat(events(file, "io.weir.Exchange").getFirst().getLong("downloadedBytes"))
          .isEqualTo(4711);
    }
  }

  private static void jcmd(Program weir, String... words) throws Exception {
    String[] command = new String[words.length + 2];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    command[1] = Long.toString(weir.pid());
    System.arraycopy(words, 0, command, 2, words.length);
    Commands.Ended ended = Commands.run(command);
    assertThat(ended.code()).as(ended.text() + ended.err()).isZero();
  }

  /** In the order of time: a file has them thread by thread. */
  private static List<RecordedEvent> events(Path file, String name) throws Exception {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(name))
        .sorted(Comparator.comparing(RecordedEvent::getStartTime))
        .toList();
  }
}

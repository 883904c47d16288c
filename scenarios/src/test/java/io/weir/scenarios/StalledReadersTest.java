package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers and origins that stand still and go on, under a small budget. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("quiet")
class StalledReadersTest {
  private static final long SEED = 41;
  private static final int READERS = Program.LONG ? 1_000 : 100;
  private static final int BODY_BYTES = 4 << 20;

  /** For as many readers: each takes at least 41 KiB. */
  private static final String MEMORY = Program.LONG ? "160m" : "100m";

  private static final int CYCLES = Program.LONG ? 10 : 3;
  private static final int UPLOADS = Program.LONG ? 1_200 : 400;

  private static Origin origin() throws Exception {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  private static Program serve(int originPort, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + originPort));
    all.addAll(List.of("--memory", MEMORY));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  @Test
  void readers_stallAllAtOnceAndWakeAllAtOnce_getEveryByte() throws Exception {
    try (Origin origin = origin();
        Program weir = serve(origin.port());
        SteeredReaders readers =
            SteeredReaders.start(weir.address(), "/bytes/4m", READERS, BODY_BYTES, SEED)) {
      weir.awaitStandstill();
      weir.assertLeasesHold();
      readers.readUntil(READERS * (long) BODY_BYTES / 2);
      weir.awaitStandstill();
      weir.assertLeasesHold();
      readers.readAll();
      assertThat(readers.readBytes()).isEqualTo(READERS * (long) BODY_BYTES);
      weir.awaitIdle();
      weir.assertLeasesHold();
    }
  }

  @Test
  void reader_alternatesBetweenStalledAndFast_keepsAFairPartOfItsRate() throws Exception {
    try (Origin origin = origin();
        Program weir = serve(origin.port());
        SteeredReaders steady =
            SteeredReaders.start(weir.address(), "/disk.img", 1, 1L << 40, SEED);
        SteeredReaders fitful =
            SteeredReaders.start(weir.address(), "/disk.img", 1, 1L << 40, SEED)) {
      steady.readFor(500);
      long alone = steady.readFor(CYCLES * 1_000L);
      steady.close();
      long fast = 0;
      for (int i = 0; i < CYCLES; i++) {
        fast += fitful.readFor(1_000);
        weir.awaitStandstill();
        TimeUnit.SECONDS.sleep(1);
      }
      weir.assertLeasesHold();
      assertThat(fast).as("of %d", alone).isGreaterThan(alone / 4);
    }
  }

  @Test
  void uploads_exhaustTheBudget_downloadsGoOnAndOnlyNewWorkIsRefused() throws Exception {
    CountDownLatch drain = new CountDownLatch(1);
    SeededBytes sequence = new SeededBytes(SEED);
    AtomicInteger whole = new AtomicInteger();
    int uploadBytes = 200_000;
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          while (!head.isEmpty()) {
            if (head.startsWith("GET ")) {
              connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
              connection.write(sequence, 0, BODY_BYTES);
            } else {
              drain.await();
              whole.addAndGet(connection.readSeeded(sequence, 0, uploadBytes) == -1 ? 1 : 0);
              connection.write("HTTP/1.1 204 No Content\r\n\r\n");
            }
            head = connection.readHead();
          }
        };
    List<RawClient> uploads = new ArrayList<>();
    List<RawClient> taken = new ArrayList<>();
    try (RawOrigin origin = RawOrigin.start(script, 8 * 1024);
        Program weir = serve(origin.port(), "--send-timeout", "10m");
        SteeredReaders readers = SteeredReaders.start(weir.address(), "/", 8, BODY_BYTES, SEED)) {
      weir.awaitStandstill();
      List<Thread> writers = new ArrayList<>();
      for (int i = 0; i < UPLOADS; i++) {
        RawClient upload = weir.connect();
        uploads.add(upload);
        writers.add(Thread.ofVirtual().start(() -> upload(upload, sequence, uploadBytes)));
      }
      weir.await("uploads move", () -> weir.total("uploaded_bytes") > 0);
      readers.readAll();
      assertThat(weir.admin("/healthz").status()).isEqualTo(200);
      weir.assertLeasesHold();
      drain.countDown();
      for (RawClient upload : uploads) {
        String head = upload.readHead();
        assertThat(head).startsWith("HTTP/1.1 ");
        if (head.startsWith("HTTP/1.1 204 ")) {
          taken.add(upload);
        } else {
          assertThat(head).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
        }
      }
      for (Thread writer : writers) {
        writer.join();
      }
      assertThat(taken).isNotEmpty();
      assertThat(whole.get()).isEqualTo(taken.size());
      for (RawClient upload : uploads) {
        upload.close();
      }
      weir.awaitIdle();
      awaitAllGivenBack(weir);
    }
  }

  private static void awaitAllGivenBack(Program weir) throws Exception {
    weir.assertLeasesHold();
    weir.await(
        "all leases are given back",
        () -> Json.number(Json.object(weir.flows(), "memory"), "leased_bytes") == 0);
  }

  private static void upload(RawClient upload, SeededBytes sequence, int length) {
    try {
      upload.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
      upload.write(sequence, 0, length);
    } catch (IOException refused) {
      // The answer says so, and is read by the scenario.
      assertThat(refused).hasMessageMatching("(?s).*(reset|pipe).*");
    }
  }

  @Test
  void originAndReader_stoppedAndContinued_wholeBodies() throws Exception {
    try (LoadOrigin origin = LoadOrigin.start(List.of(), "127.0.0.1:0", SEED);
        Program weir = serve(origin.port())) {
      Commands.assumeInstalled("curl");
      Process curl =
          new ProcessBuilder(
                  "curl",
                  "-sS",
                  "--limit-rate",
                  "20m",
                  "-o",
                  "/dev/null",
                  "-w",
                  "%{size_download}",
                  weir.url("/bytes/40m"))
              .start();
      try {
        weir.await("it moves", () -> weir.total("downloaded_bytes") > 1_000_000);
        signal(origin.process(), "STOP");
        standStill(weir);
        signal(curl, "STOP"); // before the origin goes on: it may soon have the rest
        signal(origin.process(), "CONT");
        standStill(weir);
        signal(curl, "CONT");
        assertThat(new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .isEqualTo(String.valueOf(40 << 20));
        assertThat(curl.waitFor()).isZero();
      } finally {
        curl.destroyForcibly();
      }
    }
  }

  private static void standStill(Program weir) throws Exception {
    weir.awaitStandstill();
    TimeUnit.SECONDS.sleep(2);
    weir.assertLeasesHold();
  }

  private static void signal(Process process, String name) throws Exception {
    List<String> kill = List.of("/bin/sh", "-c", "kill -" + name + " " + process.pid());
    assertThat(new ProcessBuilder(kill).inheritIO().start().waitFor()).isZero();
  }
}

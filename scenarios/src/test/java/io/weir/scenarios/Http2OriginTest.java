package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * HTTP/2 between two Weirs: one speaks it to its origin, which is another one that takes it from
 * its clients.
 *
 * <pre>
 *   readers --HTTP/1.1--> Weir --HTTP/2, few connections--> Weir --HTTP/1.1--> origin
 * </pre>
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("quiet")
class Http2OriginTest {
  private static final long SEED = 43;
  private static final int READERS = Program.LONG ? 1_000 : 200;
  private static final int BODY_BYTES = 4 << 20;
  private static final String MEMORY = Program.LONG ? "192m" : "128m";

  private static Origin origin() throws Exception {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  private static Program behind(int port) throws Exception {
    return Program.serve("--to", "http://127.0.0.1:" + port, "--memory", "512m");
  }

  private static Program before(Program next) throws Exception {
    return Program.serve("--to", next.url(""), "--origin-http2", "--memory", MEMORY);
  }

  @Test
  void readers_stallAllAtOnceAndWakeAllAtOnce_getEveryByte() throws Exception {
    try (Origin origin = origin();
        Program next = behind(origin.port());
        Program weir = before(next);
        SteeredReaders readers =
            SteeredReaders.start(weir.address(), "/bytes/4m", READERS, BODY_BYTES, SEED)) {
      weir.awaitStandstill();
      weir.assertLeasesHold();
      next.assertLeasesHold();
      readers.readUntil(READERS * (long) BODY_BYTES / 2);
      weir.awaitStandstill();
      weir.assertLeasesHold();
      readers.readAll();
      assertThat(readers.readBytes()).isEqualTo(READERS * (long) BODY_BYTES);
      weir.awaitIdle();
    }
  }

  @Test
  void uploads_ofEveryFraming_arriveByteForByte() throws Exception {
    try (Origin origin = origin();
        Program next = behind(origin.port());
        Program weir = before(next);
        RawClient client = weir.connect()) {
      int size = 3_000_001;
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
      client.write(origin.sequence(), 0, size);
      assertThat(client.readBody(client.readHead())).asString().contains("\"matches\":true");
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int at = 0; at < size; at += 30_011) {
        int piece = Math.min(30_011, size - at);
        client.write(Integer.toHexString(piece) + "\r\n");
        client.write(origin.sequence(), at, piece);
        client.write("\r\n");
      }
      client.write("0\r\n\r\n");
      assertThat(client.readBody(client.readHead())).asString().contains("\"matches\":true");
    }
  }

  @Test
  void origin_thatSpeaksHttp1_isNamedInTheAnswer() throws Exception {
    try (Origin origin = origin();
        Program weir =
            Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--origin-http2")) {
      Program.Answer answer = weir.get("/");
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.field("Weir-Error")).isEqualTo("origin-no-http2");
    }
  }
}

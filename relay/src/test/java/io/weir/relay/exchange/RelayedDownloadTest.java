package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies of awkward sizes and every framing arrive byte for byte, over both kinds of endpoints. */
final class RelayedDownloadTest {
  private static final long SEED = 20161101;

  @ParameterizedTest
  @CsvSource({
    "true,bytes,0",
    "true,bytes,1",
    "true,bytes,8191",
    "true,bytes,8193",
    "true,bytes,65521",
    "true,bytes,262144",
    "true,bytes,5000003",
    "true,chunked,0",
    "true,chunked,1",
    "true,chunked,16385",
    "true,chunked,5000003",
    "true,close,0",
    "true,close,1",
    "true,close,5000003",
    "false,bytes,0",
    "false,bytes,65521",
    "false,bytes,5000003",
    "false,chunked,5000003",
    "false,close,5000003",
  })
  void download_ofAwkwardSize_arrivesByteForByte(boolean raw, String kind, long size)
      throws Exception {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Origin origin = Origin.start(any, SEED);
        RelayFixture relay = start(raw, origin.port())) {
      try (RawClient client = relay.client()) {
        client.write("GET /" + kind + "/" + size + " HTTP/1.1\r\nHost: a\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        byte[] body = client.readBody(head);
        assertThat(body).hasSize((int) size);
        assertThat(origin.sequence().mismatch(body, 0, body.length, 0)).isEqualTo(-1);
      }
      relay.awaitIdle();
    }
  }

  private static RelayFixture start(boolean raw, int port) throws java.io.IOException {
    RelayFixture.Builder builder = RelayFixture.to(port);
    return raw ? builder.start() : builder.nio().start();
  }
}

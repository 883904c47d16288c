package io.weir.relay.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.exchange.TlsPeer;
import io.weir.relay.loop.LoopGroup;
import io.weir.relay.tls.ServedTls.Pair;
import io.weir.relay.tls.ServedTls.Served;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records as peers cut, end and pad them, on real sockets. */
final class TlsEndpointTest {
  private static final SeededBytes BYTES = new SeededBytes(31);
  private static final byte[] HELLO = "hello".getBytes(US_ASCII);
  private static final int WIDE_BYTES = 256 * 1024;

  @TempDir private static Path directory;
  private static TlsPeer.Identity identity;

  @BeforeAll
  static void makeCertificate() throws Exception {
    assumeTrue(LoopGroup.rawAvailable());
    identity = TlsPeer.Identity.make(directory, "ip:127.0.0.1");
  }

  private static ServedTls serve(boolean jdk) throws Exception {
    List<ServerTls.Pair> pairs =
        List.of(new ServerTls.Pair(identity.certificate(), identity.key()));
    return new ServedTls(
        new ServerTls(new ServerTls.Settings(pairs, false, null, false, jdk, List.of())));
  }

  private static void awaitBytes(Served served, byte[] all) throws Exception {
    ServedTls.await(() -> served.bytes().length >= all.length, all.length + " bytes");
    assertThat(served.bytes()).isEqualTo(all);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] seeded(int length) {
    byte[] bytes = new byte[length];
    BYTES.fill(bytes, 0);
    return bytes;
  }

  /** Buffers in which all of a test is at once, so that there is one edge for it. */
  private static void widen(ServedTls relay, Served served) {
    relay.onLoop(
        () -> {
          served.endpoint().limitReceive(WIDE_BYTES);
          served.endpoint().limitSend(WIDE_BYTES);
          return true;
        });
  }

  @ParameterizedTest
  @CsvSource({"true,TLSv1.2", "true,TLSv1.3", "false,TLSv1.2", "false,TLSv1.3"})
  void handshake_ofAClientThatSaysNothingElse_comesToItsEnd(boolean jdk, String protocol)
      throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect(protocol)) {
      assertThat(pair.served().bytes()).isEmpty();
      assertThat(pair.served().last()).isEqualTo(Source.NOTHING_YET);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,200", "false,32"})
  void recordsWithoutData_thenData_needNoFurtherEdge(boolean jdk, int records) throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect("TLSv1.3")) {
      Served served = pair.served();
      widen(relay, served);
      byte[] all = join(pair.peer().sealWithoutData(records), pair.peer().seal(HELLO));
      served.does(_ -> {});
      pair.peer().send(all);
      served.awaitInSocket(all.length);
      served.does(Served::drain);
      awaitBytes(served, HELLO);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,1001", "false,33"})
  void recordsWithoutData_withoutEnd_breakIt(boolean jdk, int records) throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect("TLSv1.3")) {
      Served served = pair.served();
      pair.peer().send(pair.peer().sealWithoutData(records));
      ServedTls.await(() -> served.last() == Source.BROKEN, "the connection broken");
      assertThat(relay.<String>onLoop(served.endpoint()::failure)).isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,TLSv1.2", "true,TLSv1.3", "false,TLSv1.2", "false,TLSv1.3"})
  void record_cutAtAnyByte_isOpenedWhole_andCountedMeanwhile(boolean jdk, String protocol)
      throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect(protocol)) {
      Served served = pair.served();
      assertThat(served.userBytes()).isEqualTo(TlsEndpoint.ENGINE_BYTES);
      byte[] expected = {};
      int length = 2; // all records of so many bytes are as long
      for (int cut = 1; cut < length; cut++) {
        byte[] record = pair.peer().seal(HELLO);
        length = record.length;
        int first = cut;
        pair.peer().send(record, 0, first);
        ServedTls.await(
            () -> served.userBytes() == TlsEndpoint.ENGINE_BYTES + first, first + " bytes counted");
        pair.peer().send(record, first, length);
        expected = join(expected, HELLO);
        awaitBytes(served, expected);
        assertThat(served.userBytes()).isEqualTo(TlsEndpoint.ENGINE_BYTES);
      }
      assertThat(expected.length).isGreaterThan(20 * HELLO.length);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,TLSv1.2", "true,TLSv1.3", "false,TLSv1.2", "false,TLSv1.3"})
  void closeNotify_behindData_isTheEnd_andWhatFollowsIsIgnored(boolean jdk, String protocol)
      throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect(protocol)) {
      Served served = pair.served();
      byte[] junk = seeded(300);
      pair.peer().send(join(pair.peer().seal(HELLO), pair.peer().sealEnd(), junk));
      ServedTls.await(() -> served.last() == Source.END, "the end");
      assertThat(served.bytes()).isEqualTo(HELLO);
      assertThat(relay.<Boolean>onLoop(served.endpoint()::inputEnded)).isTrue();
      assertThat(relay.<Boolean>onLoop(served.endpoint()::inputBroken)).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,0", "true,7", "false,0", "false,7"})
  void socketThatEnds_withoutCloseNotify_isBroken(boolean jdk, int ofNext) throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect("TLSv1.3")) {
      Served served = pair.served();
      pair.peer().send(pair.peer().seal(HELLO));
      pair.peer().send(pair.peer().seal(HELLO), 0, ofNext);
      pair.peer().endSocket();
      ServedTls.await(() -> served.last() == Source.BROKEN, "the break");
      assertThat(served.bytes()).isEqualTo(HELLO);
      assertThat(relay.<Boolean>onLoop(served.endpoint()::inputEnded)).isFalse();
      assertThat(relay.<String>onLoop(served.endpoint()::failure)).contains("close_notify");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openedBytes_thatWait_areCounted_andKeptFromOthers(boolean jdk) throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair first = relay.connect("TLSv1.3");
        Pair second = relay.connect("TLSv1.2")) {
      byte[] block = seeded(16_000);
      Served waits = first.served();
      waits.does(each -> each.endpoint().peek(each.loop.in(), 0, 1));
      first.peer().send(join(first.peer().seal(block), first.peer().seal(HELLO)));
      ServedTls.await(
          () -> waits.userBytes() >= TlsEndpoint.ENGINE_BYTES + block.length, "a record opened");
      assertThat(waits.userBytes()).isLessThanOrEqualTo(TlsEndpoint.USER_BYTES_MAX);
      for (int i = 0; i < 3; i++) {
        second.peer().send(second.peer().seal(block));
      }
      awaitBytes(second.served(), join(block, block, block));
      waits.does(Served::drain);
      awaitBytes(waits, join(block, HELLO));
      assertThat(waits.userBytes()).isEqualTo(TlsEndpoint.ENGINE_BYTES);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,TLSv1.2", "true,TLSv1.3", "false,TLSv1.2", "false,TLSv1.3"})
  void recordThatWasForged_isBroken_andThePeerIsTold(boolean jdk, String protocol)
      throws Exception {
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect(protocol)) {
      Served served = pair.served();
      pair.peer().send(pair.peer().seal(HELLO));
      byte[] forged = pair.peer().seal(HELLO);
      forged[forged.length - 1] ^= 1;
      pair.peer().send(forged);
      ServedTls.await(() -> served.last() == Source.BROKEN, "the break");
      assertThatThrownBy(pair.peer()::readToEnd).isInstanceOf(SSLException.class);
    }
  }

  /** Writes seeded bytes as far as they are taken, then the end. */
  private static final class Writer {
    private final int size;
    private int taken;

    Writer(int size) {
      this.size = size;
    }

    void write(Served served) {
      TlsEndpoint to = served.endpoint();
      while (taken < size && to.writable()) {
        int length = Math.min(size - taken, served.loop.in().capacityBytes());
        BYTES.fill(served.loop.in().bytes(), 0, length, taken);
        int n = to.write(served.loop.in(), 0, length, taken + length < size);
        if (n == Sink.BROKEN) {
          throw new IllegalStateException("broken");
        }
        taken += n;
      }
      if (taken == size) {
        to.finish();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,TLSv1.2", "true,TLSv1.3", "false,TLSv1.2", "false,TLSv1.3"})
  void bigWrite_intoASocketThatTakesLittle_sealsNoMoreThanARecord(boolean jdk, String protocol)
      throws Exception {
    int size = 16 << 20;
    try (ServedTls relay = serve(jdk);
        Pair pair = relay.connect(protocol)) {
      Served served = pair.served();
      Writer writer = new Writer(size);
      served.does(writer::write);
      long kept = served.userBytes() - TlsEndpoint.ENGINE_BYTES;
      assertThat(kept).isBetween(1L, (long) TlsSpace.SEALED_RECORD_BYTES);
      assertThat(relay.<Integer>onLoop(() -> writer.taken)).isLessThan(size / 2);
      int more = relay.onLoop(() -> served.endpoint().write(served.loop.in(), 0, 1000, true));
      assertThat(more).isZero();
      byte[] all = pair.peer().readToEnd();
      assertThat(all).hasSize(size);
      assertThat(BYTES.mismatch(all, 0, size, 0)).isEqualTo(-1);
      assertThat(served.userBytes()).isEqualTo(TlsEndpoint.ENGINE_BYTES);
    }
  }
}

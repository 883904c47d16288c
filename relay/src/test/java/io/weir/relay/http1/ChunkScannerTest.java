package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.http.Reason;
import io.weir.relay.http1.Vectors.Vector;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChunkScannerTest {
  private final ChunkScanner scanner = new ChunkScanner();

  static List<Vector> bodies() {
    return Vectors.read("chunked-bodies.txt");
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void body_ofTheTable_isJudgedSo(Vector vector) {
    byte[] b = vector.bytes();
    for (int step = 1; step <= b.length; step++) {
      for (BodyReader.Mode mode : BodyReader.Mode.values()) {
        BodyReader.Result result = BodyReader.read(b, 0, b.length, step, mode);
        String as = mode + " with " + step + " bytes more each time";
        assertThat(result.verdict()).as(as).isEqualTo(vector.word());
        if (vector.word().equals("OK")) {
          assertThat(result.data()).as(as).isEqualTo(vector.expected().get("data"));
          assertThat("" + result.bytes()).as(as).isEqualTo(vector.expected().get("bytes"));
        } else {
          assertThat(result.detail()).as(as).startsWith(vector.rule());
        }
      }
    }
  }

  @Test
  void pass_atAnExtension_stopsBeforeItsLine() {
    byte[] b = bytes("1\r\nx\r\n1;e\r\ny\r\n");
    assertThat(scanner.pass(b, 0, b.length)).isEqualTo(6);
    assertThat(scanner.extensionAhead()).isTrue();
    assertThat(scanner.toData(b, 6, b.length)).isEqualTo(11);
    assertThat(scanner.dataLeft()).isEqualTo(1);
    scanner.dataTaken(1);
    assertThat(scanner.pass(b, 12, b.length)).isEqualTo(14);
    assertThat(scanner.extensionAhead()).isFalse();
  }

  @Test
  void pass_atAnEndNotInSight_stopsBeforeTheLastChunk() {
    byte[] b = bytes("1\r\nx\r\n0\r\n\r\n");
    assertThat(scanner.pass(b, 0, 10)).isEqualTo(6);
    assertThat(scanner.lastChunkAhead()).isTrue();
    assertThat(scanner.parseEnd(b, 6, 10)).isEqualTo(ChunkScanner.NEED_MORE);
    assertThat(scanner.done()).isFalse();
    assertThat(scanner.pass(b, 6, 11)).isEqualTo(11);
    assertThat(scanner.done()).isTrue();
    assertThat(scanner.pass(b, 0, 11)).isZero();
  }

  @Test
  void pass_beforeAFault_givesWhatIsGood() {
    byte[] b = bytes("1\r\nx\r\n2\r\nxyz");
    assertThat(scanner.pass(b, 0, b.length)).isEqualTo(11);
    assertThat(scanner.fault()).isEqualTo(Reason.BAD_FRAMING);
    assertThat(scanner.pass(b, 11, b.length)).isEqualTo(11);
    scanner.reset();
    assertThat(scanner.faulted()).isFalse();
  }

  @Test
  void data_thatNobodyLooksAt_isCounted() {
    byte[] b = bytes("7fffffffffffffff\r\n");
    assertThat(scanner.pass(b, 0, b.length)).isEqualTo(b.length);
    assertThat(scanner.dataLeft()).isEqualTo(Long.MAX_VALUE);
    scanner.dataTaken(Long.MAX_VALUE - 1);
    assertThatThrownBy(() -> scanner.dataTaken(2)).hasMessageContaining("1 are left");
    scanner.dataTaken(1);
    assertThat(scanner.pass(bytes("\r\n"), 0, 2)).isEqualTo(2);
    assertThat(scanner.dataLeft()).isZero();
  }

  @Test
  void trailers_thatMustNotBeTrailers_areLeftOut() {
    byte[] b =
        bytes(
            "0;x=y\r\nDigest:abc \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: x\r\n"
                + "Set-Cookie: c\r\nConnection: close\r\nTrailer: z\r\nAuthorization: q\r\n"
                + "X-Forwarded-For: 1.1.1.1\r\nGrpc-Status: 0\r\n\r\n");
    assertThat(scanner.toData(b, 0, b.length)).isZero();
    assertThat(scanner.lastChunkAhead()).isTrue();
    assertThat(scanner.parseEnd(b, 0, b.length)).isEqualTo(b.length);
    assertThat(scanner.done()).isTrue();
    byte[] out = new byte[400];
    assertThat(scanner.writeEnd(new byte[20], 0)).isEqualTo(-1);
    assertThat(scanner.parseEnd(b, 0, b.length)).isEqualTo(b.length);
    int end = scanner.writeEnd(out, 1);
    assertThat(text(out, 1, end)).isEqualTo("0\r\nDigest: abc\r\nGrpc-Status: 0\r\n\r\n");
  }

  @Test
  void trailers_overTheirLimits_areTooLarge() {
    ChunkScanner limited = new ChunkScanner(new TrailerSection(50, 2));
    byte[] fields = bytes("0\r\nA:\r\nB:\r\nC");
    assertThat(limited.parseEnd(fields, 0, fields.length - 1)).isEqualTo(ChunkScanner.NEED_MORE);
    assertThat(limited.parseEnd(fields, 0, fields.length)).isEqualTo(ChunkScanner.INVALID);
    assertThat(limited.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
    limited.reset();
    byte[] longer = bytes("0\r\nA:" + "x".repeat(99));
    assertThat(limited.parseEnd(longer, 0, 49)).isEqualTo(ChunkScanner.NEED_MORE);
    assertThat(limited.parseEnd(longer, 0, 50)).isEqualTo(ChunkScanner.INVALID);
    assertThat(limited.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
  }

  @Test
  void extension_overItsLimit_isRefused() {
    byte[] b = bytes("1;" + "x".repeat(ChunkScanner.EXTENSION_LINE_BYTES_MAX) + "\r\n");
    assertThat(scanner.pass(b, 0, ChunkScanner.EXTENSION_LINE_BYTES_MAX - 1)).isZero();
    assertThat(scanner.faulted()).isFalse();
    assertThat(scanner.pass(b, 0, b.length)).isZero();
    assertThat(scanner.faultDetail()).isEqualTo("A chunk extension has more bytes than the limit");
  }

  @Test
  void sizeLine_ofAnySize_isReadBack() {
    byte[] out = new byte[40];
    for (long size : new long[] {1, 15, 16, 65_536, Long.MAX_VALUE}) {
      int from = ChunkScanner.writeSizeLineBefore(out, 30, size);
      assertThat(text(out, from, 30)).isEqualTo(Long.toHexString(size) + "\r\n");
      assertThat(30 - from).isLessThanOrEqualTo(ChunkScanner.SIZE_LINE_BYTES_MAX);
      scanner.reset();
      assertThat(scanner.toData(out, from, 30)).isEqualTo(30);
      assertThat(scanner.dataLeft()).isEqualTo(size);
    }
    assertThat(text(out, 0, ChunkScanner.writeBareEnd(out, 0))).isEqualTo("0\r\n\r\n");
    assertThat(ChunkScanner.writeBareEnd(new byte[4], 0)).isEqualTo(-1);
  }
}

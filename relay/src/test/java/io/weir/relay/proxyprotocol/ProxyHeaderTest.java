package io.weir.relay.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.proxyprotocol.ProxyHeader.Complete;
import io.weir.relay.proxyprotocol.ProxyHeader.Incomplete;
import io.weir.relay.proxyprotocol.ProxyHeader.Malformed;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
  private static final int TRIES = Integer.getInteger("weir.fuzz.tries", 20_000);
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final String TCP4 = "c0000201" + "c6336401" + "dc04" + "01bb";

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  private static ProxyHeader read(byte[] b) {
    return ProxyHeader.read(b, 0, b.length);
  }

  private static InetSocketAddress socket(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n",
        "PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n",
        "PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            + " ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "PROXY UNKNOWN\r\n",
        "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"
      })
  void line_wellFormed_isReadWhereverItIsCut(String line) {
    byte[] b = ascii(line + "GET / HTTP/1.1\r\n");
    for (int to = 0; to < line.length(); to++) {
      assertThat(ProxyHeader.read(b, 0, to)).as("%d bytes", to).isInstanceOf(Incomplete.class);
    }
    assertThat(read(b))
        .isInstanceOfSatisfying(
            Complete.class,
            header -> {
              assertThat(header.lengthBytes()).isEqualTo(line.length());
              assertThat(header.source() == null).isEqualTo(line.contains("UNKNOWN"));
            });
    assertThat(ProxyHeader.isSigned(b, 0, b.length)).isTrue();
  }

  @Test
  void line_ofTcp4_saysWhoAndWhere() {
    assertThat(read(ascii("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n")))
        .isEqualTo(new Complete(45, socket("192.0.2.1", 56324), socket("198.51.100.1", 443)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n",
        "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP6 ::1%lo ::1 1 2\r\n",
        "PROXY TCP6 localhost ::1 1 2\r\n",
        "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY UNKNOWN \0\r\n",
        "PROXY \r\n",
        "PROXY TCP4\r\n"
      })
  void line_malformed_isSaidSo(String line) {
    assertThat(read(ascii(line))).isInstanceOf(Malformed.class);
  }

  @Test
  void line_withoutAnEnd_isMalformedAtItsLimit() {
    String filler = "PROXY UNKNOWN " + "x".repeat(91);
    assertThat(read(ascii(filler + "\r\n"))).isInstanceOf(Complete.class); // 107 bytes
    assertThat(read(ascii(filler + "x\r\n"))).isInstanceOf(Malformed.class);
    assertThat(read(ascii(filler))).isInstanceOf(Incomplete.class);
    assertThat(read(ascii(filler + "x"))).isInstanceOf(Malformed.class);
  }

  @Test
  void binary_ofTcp4_saysWhoAndWhereWhereverItIsCut() {
    byte[] b = hex(SIGNATURE + "2111000c" + TCP4 + "474554");
    for (int to = 0; to < 28; to++) {
      assertThat(ProxyHeader.read(b, 0, to)).as("%d bytes", to).isInstanceOf(Incomplete.class);
    }
    assertThat(read(b))
        .isEqualTo(new Complete(28, socket("192.0.2.1", 56324), socket("198.51.100.1", 443)));
    assertThat(ProxyHeader.isSigned(b, 0, 12)).isTrue();
    assertThat(ProxyHeader.isSigned(b, 0, 11)).isFalse();
  }

  @Test
  void binary_localOrUnspecifiedOrUnix_saysNothingOfTheClient() {
    assertThat(read(hex(SIGNATURE + "20000000"))).isEqualTo(new Complete(16, null, null));
    assertThat(read(hex(SIGNATURE + "2011000c" + TCP4))).isEqualTo(new Complete(28, null, null));
    assertThat(read(hex(SIGNATURE + "20ff0003ffffff"))).isEqualTo(new Complete(19, null, null));
    assertThat(read(hex(SIGNATURE + "21000003040000"))).isEqualTo(new Complete(19, null, null));
    byte[] unix = hex(SIGNATURE + "213100d8" + "00".repeat(216));
    assertThat(read(unix)).isEqualTo(new Complete(232, null, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1111000c" + TCP4, // version 1
        "3111000c" + TCP4,
        "2211000c" + TCP4, // command 2
        "2112000c" + TCP4, // UDP
        "2141000c" + TCP4, // family 4
        "2110000c" + TCP4,
        "2111000b" + TCP4, // too short
        "2121000c" + TCP4,
        "2111000d" + TCP4 + "04", // a TLV without a length
        "2111000f" + TCP4 + "040001", // beyond the end
        "21110012" + TCP4 + "030003000000", // a checksum of three bytes
        "21111001" // 4097 bytes and more
      })
  void binary_malformed_isSaidSo(String rest) {
    assertThat(read(hex(SIGNATURE + rest))).isInstanceOf(Malformed.class);
  }

  private static byte[] checked(int wrongBy) {
    byte[] b = hex(SIGNATURE + "21110017" + TCP4 + "04000100" + "03000400000000");
    CRC32C crc = new CRC32C();
    crc.update(b);
    ByteBuffer.wrap(b).putInt(b.length - 4, (int) crc.getValue() + wrongBy);
    return b;
  }

  @Test
  void binary_withAChecksum_isTakenOnlyIfItIsRight() {
    assertThat(read(checked(0))).isInstanceOf(Complete.class);
    assertThat(read(checked(1))).isInstanceOf(Malformed.class);
    byte[] changed = checked(0);
    changed[16]++;
    assertThat(read(changed)).isInstanceOf(Malformed.class);
  }

  @Property
  void header_written_isRead(
      @ForAll @Size(4) byte[] v4,
      @ForAll @Size(16) byte[] v6,
      @ForAll @IntRange(max = 65_535) int port,
      @ForAll ProxyHeaderWriter version)
      throws UnknownHostException {
    InetSocketAddress ipv4 = new InetSocketAddress(InetAddress.getByAddress(v4), port);
    InetSocketAddress ipv6 = new InetSocketAddress(InetAddress.getByAddress(v6), 443);
    byte[] out = new byte[7 + ProxyHeaderWriter.BYTES_MAX];
    for (InetSocketAddress[] pair :
        new InetSocketAddress[][] {{ipv4, ipv4}, {ipv6, ipv6}, {ipv4, ipv6}, {ipv6, ipv4}}) {
      int end = version.write(pair[0], pair[1], out, 7);
      assertThat(ProxyHeader.read(out, 7, end)).isEqualTo(new Complete(end - 7, pair[0], pair[1]));
    }
  }

  @Test
  void bytes_mutated_areJudgedAlikeInEveryCut() {
    byte[][] seeds = {
      ascii("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET /"),
      ascii("PROXY TCP6 2001:db8::1 ::1 1 2\r\nGET /"),
      ascii("PROXY UNKNOWN\r\nGET /"),
      hex(SIGNATURE + "2111000c" + TCP4 + "474554"),
      hex(SIGNATURE + "20000000"),
      checked(0)
    };
    int whole = 0;
    for (int seed = 0; seed < TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] b = seeds[random.nextInt(seeds.length)].clone();
      for (int n = random.nextInt(3); n > 0; n--) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(8) == 0) {
        b = Arrays.copyOf(b, random.nextInt(b.length + 1));
      }
      ProxyHeader last = read(b);
      boolean judged = false;
      for (int to = 0; to <= b.length; to++) {
        ProxyHeader now = ProxyHeader.read(b, 0, to);
        judged |= !(now instanceof Incomplete);
        // Once it is judged, what follows changes nothing.
        assertThat(judged ? now : last).as("seed %d, %d bytes", seed, to).isEqualTo(last);
      }
      if (last instanceof Complete complete) {
        whole++;
        assertThat(complete.lengthBytes()).isLessThanOrEqualTo(b.length);
      }
    }
    assertThat(whole).as("mutants that were whole").isGreaterThan(TRIES / 5);
  }
}

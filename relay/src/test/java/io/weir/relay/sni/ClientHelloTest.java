package io.weir.relay.sni;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first message of a TLS client: whole, cut anywhere, and broken in every way. */
final class ClientHelloTest {
  private static final int TRIES = Integer.getInteger("weir.fuzz.tries", 20_000);
  private static final byte[] GREASE = Hellos.extension(0x2a2a, new byte[] {0});
  private static final byte[] ENCRYPTED = Hellos.extension(0xfe0d, new byte[200]);

  static Stream<Arguments> hellos() {
    return Stream.of(
        Arguments.of(Hellos.real("A.example", "TLSv1.3"), "a.example"),
        Arguments.of(Hellos.real("b.example", "TLSv1.2"), "b.example"),
        Arguments.of(Hellos.real("c.example", "TLSv1.2", "TLSv1.3"), "c.example"),
        Arguments.of(Hellos.real(null, "TLSv1.3"), null),
        Arguments.of(Hellos.of(), null),
        Arguments.of(Hellos.of(GREASE, Hellos.names("d.example"), GREASE), "d.example"),
        Arguments.of(Hellos.of(Hellos.names("outer.example"), ENCRYPTED), "outer.example"),
        Arguments.of(Hellos.of(Hellos.names("dot.example.")), "dot.example"),
        Arguments.of(
            Hellos.of(Hellos.extension(21, new byte[60_000]), Hellos.names("far.example")),
            "far.example"));
  }

  private static ClientHello.Found read(byte[] bytes, int length) {
    byte[] placed = new byte[length + 7];
    Arrays.fill(placed, (byte) 0x55);
    System.arraycopy(bytes, 0, placed, 3, length);
    return ClientHello.read(placed, 3, 3 + length);
  }

  @ParameterizedTest
  @MethodSource("hellos")
  void read_whole_namesTheServer(byte[] hello, @Nullable String name) {
    assertThat(read(hello, hello.length)).isEqualTo(new ClientHello.Whole(name));
    byte[] more = Arrays.copyOf(hello, hello.length + 100); // what a client sends behind it
    assertThat(read(more, more.length)).isEqualTo(new ClientHello.Whole(name));
  }

  @ParameterizedTest
  @MethodSource("hellos")
  void read_cutAnywhere_asksForMoreThanThereIs(byte[] hello) {
    int step = Math.max(1, hello.length / 2_000);
    for (int length = 0; length < hello.length; length += step) {
      ClientHello.Found found = read(hello, length);
      assertThat(found).as("the first %d bytes", length).isInstanceOf(ClientHello.Incomplete.class);
      int needed = ((ClientHello.Incomplete) found).bytes();
      assertThat(needed).isGreaterThan(length).isLessThanOrEqualTo(hello.length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 63, 100, 16_384})
  void read_inRecordsOfAnySize_isTheSame(int recordBytes) {
    byte[] hello = Hellos.cut(Hellos.real("cut.example", "TLSv1.3"), recordBytes);
    assertThat(read(hello, hello.length)).isEqualTo(new ClientHello.Whole("cut.example"));
  }

  static Stream<Arguments> broken() {
    byte[] good = Hellos.of(Hellos.names("a"));
    byte[] long64 = new byte[65_530];
    return Stream.of(
        Arguments.of(
            "HTTP", "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
        Arguments.of("SSL 2", new byte[] {(byte) 0x80, 0x2e, 1, 0, 2}),
        Arguments.of("version 4", with(good, 1, 4)),
        Arguments.of("alert", with(good, 0, 21)),
        Arguments.of("empty record", new byte[] {22, 3, 1, 0, 0}),
        Arguments.of("long record", new byte[] {22, 3, 1, 0x40, 1}),
        Arguments.of("ServerHello", with(good, 5, 2)),
        Arguments.of("24 bits of length", with(good, 6, 1)),
        Arguments.of("session of 33 bytes", with(good, 5 + 4 + 34, 33)),
        Arguments.of("odd extensions", with(good, 5 + 4 + 34 + 1 + 4 + 2 + 1, 200)),
        Arguments.of("two names", Hellos.of(Hellos.names("a", "b"))),
        Arguments.of("two extensions", Hellos.of(Hellos.names("a"), Hellos.names("a"))),
        Arguments.of("no name in the list", Hellos.of(Hellos.names())),
        Arguments.of("empty extension", Hellos.of(Hellos.extension(0, new byte[0]))),
        Arguments.of("empty name", Hellos.of(Hellos.names(""))),
        Arguments.of("NUL in the name", Hellos.of(Hellos.names("a\0.example"))),
        Arguments.of("space in the name", Hellos.of(Hellos.names("a b"))),
        Arguments.of("long name", Hellos.of(Hellos.names("a".repeat(254)))),
        Arguments.of("more than 64 KiB", Hellos.of(Hellos.extension(21, long64))),
        Arguments.of(
            "tiny records", Hellos.cut(Hellos.of(Hellos.extension(21, new byte[60_000])), 1)));
  }

  private static byte[] with(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void read_broken_saysWhy(String what, byte[] hello) {
    assertThat(read(hello, hello.length)).as(what).isInstanceOf(ClientHello.Malformed.class);
  }

  /** What is named here, Netty must name the same; what is malformed stays so with more bytes. */
  @Test
  void read_mutated_agreesWithNetty() {
    List<byte[]> seeds = hellos().map(each -> (byte[]) each.get()[0]).toList();
    int whole = 0;
    for (int seed = 0; seed < TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] mutant = mutant(seeds.get(random.nextInt(seeds.size())), random);
      ClientHello.Found found = read(mutant, mutant.length);
      ClientHello.Found before = read(mutant, random.nextInt(mutant.length));
      if (!(before instanceof ClientHello.Incomplete)) {
        assertThat(found).as("seed " + seed).isEqualTo(before);
      }
      if (found instanceof ClientHello.Whole(String name)) {
        whole++;
        assertThat(nettysNames(mutant)).as("seed " + seed).startsWith(name == null ? "" : name);
      }
    }
    assertThat(whole).as("mutants that were accepted").isGreaterThan(TRIES / 10);
  }

  private static byte[] mutant(byte[] seed, SplittableRandom random) {
    byte[] mutant = seed.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(Math.min(mutant.length, 600));
      switch (random.nextInt(4)) {
        case 0 -> mutant[at] = (byte) random.nextInt(256);
        case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> mutant = Arrays.copyOf(mutant, mutant.length - random.nextInt(3));
        default -> {
          byte[] longer = new byte[mutant.length + 1];
          System.arraycopy(mutant, 0, longer, 0, at);
          System.arraycopy(mutant, at, longer, at + 1, mutant.length - at);
          mutant = longer;
        }
      }
    }
    return mutant;
  }

  /** The names that Netty's handler finds, "" for none. */
  private static List<String> nettysNames(byte[] hello) {
    List<String> found = new ArrayList<>();
    EmbeddedChannel channel = new EmbeddedChannel(new Oracle(found));
    try {
      channel.writeInbound(Unpooled.wrappedBuffer(hello));
    } catch (RuntimeException malformed) {
      found.add("malformed: " + malformed);
    } finally {
      channel.finishAndReleaseAll();
    }
    return found;
  }

  private static final class Oracle extends AbstractSniHandler<String> {
    private final List<String> found;

    Oracle(List<String> found) {
      super(0);
      this.found = found;
    }

    @Override
    protected Future<String> lookup(ChannelHandlerContext context, @Nullable String hostname) {
      String name = hostname == null ? "" : hostname.toLowerCase(Locale.ROOT);
      found.add(name.endsWith(".") ? name.substring(0, name.length() - 1) : name);
      return context.executor().newSucceededFuture(name);
    }

    @Override
    protected void onLookupComplete(
        ChannelHandlerContext context, @Nullable String hostname, Future<String> future) {}
  }
}

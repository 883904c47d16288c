package io.weir.relay.pump;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.http1.ChunkFraming;
import io.weir.relay.loop.Scratch;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pump moves every byte once, whatever arrives and whatever the sink takes. */
final class CopyPumpTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(42);
  private static final int BODY_BYTES = 60_000;
  private static final int TRIES = Boolean.getBoolean("weir.long") ? 2_000 : 100;

  /** Shows a growing part of its bytes, as a socket would; ends when all have been shown. */
  private static final class Feed implements Source {
    private final byte[] bytes;
    private int consumed;
    private int arrived;
    private int seen;

    Feed(byte[] bytes) {
      this.bytes = bytes;
    }

    void arrive(int count) {
      arrived = Math.min(bytes.length, arrived + count);
    }

    @Override
    public int peek(Scratch into, int offset, int lengthMax) {
      int length = Math.min(lengthMax, arrived - consumed);
      System.arraycopy(bytes, consumed, into.bytes(), offset, length);
      seen = consumed + length;
      return length > 0 ? length : inputEnded() ? END : NOTHING_YET;
    }

    @Override
    public void skip(int length) {
      consumed += length;
      if (consumed > seen) {
        throw new IllegalStateException("more is consumed than was shown");
      }
    }

    @Override
    public boolean inputEnded() {
      return arrived == bytes.length;
    }

    @Override
    public boolean inputBroken() {
      return false;
    }

    @Override
    public boolean readable() {
      return seen < arrived || consumed < seen || inputEnded();
    }
  }

  /** Takes so many bytes and then no more. */
  private static final class Drain implements Sink {
    private final byte[] taken;
    private int count;
    private int room;

    Drain(int capacityBytes) {
      taken = new byte[capacityBytes];
    }

    @Override
    public int write(Scratch from, int offset, int length, boolean more) {
      int n = Math.min(length, room);
      System.arraycopy(from.bytes(), offset, taken, count % taken.length, n);
      count += n;
      room -= n;
      return n;
    }

    @Override
    public void finish() {}

    @Override
    public boolean writable() {
      return room > 0;
    }

    @Override
    public long undelivered() {
      return -1;
    }

    String text() {
      return new String(taken, 0, count, StandardCharsets.ISO_8859_1);
    }
  }

  private static byte[] chunked(Random random, boolean extensions, boolean trailers) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    int chunkMax = 1 + random.nextInt(random.nextBoolean() ? 40 : 20_000);
    for (int done = 0; done < BODY_BYTES; ) {
      byte[] chunk = new byte[Math.min(BODY_BYTES - done, 1 + random.nextInt(chunkMax))];
      SEQUENCE.fill(chunk, done);
      String extension = extensions && random.nextInt(4) == 0 ? ";a=\"b\"" : "";
      wire.writeBytes(ascii(Integer.toHexString(chunk.length) + extension + "\r\n"));
      wire.writeBytes(chunk);
      wire.writeBytes(ascii("\r\n"));
      done += chunk.length;
    }
    wire.writeBytes(ascii(trailers ? "0\r\nX-T: v\r\n\r\n" : "0\r\n\r\n"));
    return wire.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** What our own chunks carry, checked strictly. */
  private static byte[] unchunk(String wire) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    int at = 0;
    while (true) {
      int line = wire.indexOf("\r\n", at);
      int size = Integer.parseInt(wire.substring(at, line), 16);
      if (size == 0) {
        assertThat(wire.substring(line + 2)).isIn("\r\n", "X-T: v\r\n\r\n");
        return data.toByteArray();
      }
      data.writeBytes(
          wire.substring(line + 2, line + 2 + size).getBytes(StandardCharsets.ISO_8859_1));
      assertThat(wire.startsWith("\r\n", line + 2 + size)).isTrue();
      at = line + 2 + size + 2;
    }
  }

  @ParameterizedTest
  @EnumSource(ChunkFraming.Mode.class)
  void body_inAnyPieces_arrivesOnce(ChunkFraming.Mode mode) {
    Scratch scratch = new Scratch(CopyPump.PEEK_MIN_BYTES);
    for (int seed = 0; seed < TRIES; seed++) {
      Random random = new Random(seed);
      boolean plain = mode == ChunkFraming.Mode.CHUNK;
      byte[] body = new byte[BODY_BYTES];
      SEQUENCE.fill(body, 0);
      byte[] wire = plain ? body : chunked(random, random.nextBoolean(), random.nextBoolean());
      Drain sink = move(new Feed(wire), new ChunkFraming(mode), scratch, random, 8 * wire.length);
      byte[] data =
          mode == ChunkFraming.Mode.DECHUNK
              ? sink.text().getBytes(StandardCharsets.ISO_8859_1)
              : unchunk(sink.text());
      assertThat(data).as("seed %d", seed).isEqualTo(body);
    }
  }

  private static Drain move(Feed feed, Framing framing, Scratch scratch, Random random, int most) {
    Drain sink = new Drain(most);
    CopyPump pump = new CopyPump(feed, sink, framing, scratch);
    int stepMax = 1 + random.nextInt(random.nextBoolean() ? 30 : 9_000);
    Progress progress = Progress.GIVE_WAY;
    for (int step = 0; progress != Progress.DONE; step++) {
      assertThat(step).as("it comes to an end").isLessThan(1_000_000);
      if (progress == Progress.WAIT_SOURCE) {
        feed.arrive(1 + random.nextInt(stepMax));
      } else if (progress == Progress.WAIT_SINK) {
        sink.room = 1 + random.nextInt(stepMax);
      } else {
        assertThat(progress).isEqualTo(Progress.GIVE_WAY);
      }
      progress = pump.run();
    }
    return sink;
  }

  @Test
  void fullPeek_thatEndsInASizeLine_isFollowedByAnother() {
    Scratch scratch = new Scratch(256 * 1024);
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    while (wire.size() < 300_000) {
      wire.writeBytes(ascii("a\r\n0123456789\r\n"));
    }
    wire.writeBytes(ascii("0\r\n\r\n"));
    Feed feed = new Feed(wire.toByteArray());
    feed.arrive(wire.size());
    Drain sink = new Drain(wire.size());
    sink.room = wire.size();
    CopyPump pump = new CopyPump(feed, sink, new ChunkFraming(ChunkFraming.Mode.PASS), scratch);
    Progress progress = pump.run();
    while (progress == Progress.GIVE_WAY) {
      progress = pump.run();
    }
    assertThat(progress).isEqualTo(Progress.DONE);
    assertThat(pump.movedBytes()).isEqualTo(wire.size());
  }

  @Test
  void steadyFlow_afterItsStart_allocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Scratch scratch = new Scratch(64 * 1024);
    byte[] body = new byte[64 * 1024];
    Drain sink = new Drain(body.length);
    long before = 0;
    long pieces = 200;
    for (int round = 0; round < 3; round++) {
      Feed feed = new Feed(body);
      CopyPump pump = new CopyPump(feed, sink, new LengthFraming(pieces * 1_000_000), scratch);
      before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < pieces; i++) {
        feed.consumed = 0;
        feed.seen = 0;
        feed.arrived = body.length - 1; // not ended
        sink.room = body.length;
        sink.count = 0;
        pump.run();
      }
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).as("bytes for %d pieces", pieces).isLessThan(pieces * 16);
  }
}

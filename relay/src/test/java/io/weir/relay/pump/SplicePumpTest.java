package io.weir.relay.pump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.Pipe;
import io.weir.relay.endpoint.PipeBytes;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Spliceable;
import io.weir.relay.http1.ChunkFraming;
import io.weir.relay.loop.LoopGroup;
import io.weir.relay.loop.Scratch;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Through real pipes, between sockets that are not real: every byte arrives once. */
final class SplicePumpTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(4711);
  private static final int BODY_BYTES = 1_500_000;
  private static final int TRIES = 60;
  private static final int FIRST_BYTES = SplicePump.FIRST_COPIED_BYTES;

  private final PipePool pipes = new PipePool();
  private final Scratch scratch = new Scratch(64 * 1024);

  /**
   * A socket that shows and gives what has arrived of its bytes, and takes what it has room for.
   */
  private static final class Socket implements Spliceable {
    final byte[] bytes;
    int consumed;
    int arrived;
    int seen;
    int spliceMax = Integer.MAX_VALUE;
    int into;
    final byte[] taken;
    int count;
    int room;

    /** What the socket says above its true room. */
    int boast;

    int outOf;
    boolean gone;
    boolean pretends;

    Socket(byte[] bytes, int takenMax) {
      this.bytes = bytes;
      this.taken = new byte[takenMax];
    }

    void arrive(int n) {
      arrived = Math.min(bytes.length, arrived + n);
    }

    @Override
    public int peek(Scratch to, int offset, int lengthMax) {
      int length = Math.min(lengthMax, arrived - consumed);
      System.arraycopy(bytes, consumed, to.bytes(), offset, length);
      seen = consumed + length;
      return length > 0 ? length : inputEnded() ? END : NOTHING_YET;
    }

    @Override
    public void skip(int length) {
      consumed += length;
      assertThat(consumed).isLessThanOrEqualTo(seen);
    }

    @Override
    public boolean splices() {
      return true;
    }

    @Override
    public int spliceInto(Pipe pipe, int lengthMax) {
      if (pipe.heldBytes() > 0) {
        throw new IllegalStateException("a pipe that is not empty");
      }
      if (into != 0) {
        return into;
      }
      int length = Math.min(Math.min(lengthMax, spliceMax), arrived - consumed);
      if (length == 0) {
        return inputEnded() ? END : NOTHING_YET;
      }
      if (pretends) {
        PipeBytes.pretend(pipe, length);
      } else {
        PipeBytes.fill(pipe, bytes, consumed, length);
      }
      consumed += length;
      return length;
    }

    @Override
    public int spliceFrom(Pipe pipe) {
      if (outOf != 0) {
        return outOf;
      }
      int length = Math.min(room, pipe.heldBytes());
      if (pretends) {
        PipeBytes.pretend(pipe, -length);
        return length;
      }
      Scratch to = new Scratch(length);
      assertThat(pipe.read(to, 0, length)).isEqualTo(length);
      System.arraycopy(to.bytes(), 0, taken, count, length);
      count += length;
      room -= length;
      return length;
    }

    @Override
    public int roomBytes() {
      return room + boast;
    }

    @Override
    public int write(Scratch from, int offset, int length, boolean more) {
      if (gone) {
        return Sink.BROKEN;
      }
      int n = Math.min(length, room);
      System.arraycopy(from.bytes(), offset, taken, count, n);
      count += n;
      room -= n;
      return n;
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
      return true;
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
  }

  @BeforeEach
  void onlyWherePipesAre() {
    assumeTrue(LoopGroup.rawAvailable());
  }

  @AfterEach
  void closePool() {
    pipes.close();
    assertThat(pipes.pipes()).as("pipes left").isZero();
    assertThat(pipes.heldBytes()).as("bytes left in pipes").isZero();
  }

  private static byte[] body(int length) {
    byte[] body = new byte[length];
    SEQUENCE.fill(body, 0);
    return body;
  }

  private static byte[] chunked(byte[] body, Random random) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    int chunkMax = random.nextInt(3) == 0 ? 50_000 : 700_000;
    for (int done = 0; done < body.length; ) {
      int size = Math.min(body.length - done, 1 + random.nextInt(chunkMax));
      wire.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      wire.write(body, done, size);
      wire.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
      done += size;
    }
    wire.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return wire.toByteArray();
  }

  private static Framing framing(String kind, int length) {
    return switch (kind) {
      case "length" -> new LengthFraming(length);
      case "close" -> new UntilCloseFraming();
      case "pass" -> new ChunkFraming(ChunkFraming.Mode.PASS);
      default -> new ChunkFraming(ChunkFraming.Mode.DECHUNK);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "close", "pass", "dechunk"})
  void body_inAnyPieces_arrivesOnce(String kind) {
    long spliced = 0;
    for (int seed = 0; seed < TRIES; seed++) {
      Random random = new Random(seed);
      byte[] body = body(BODY_BYTES + random.nextInt(100));
      byte[] wire = kind.endsWith("s") || kind.equals("dechunk") ? chunked(body, random) : body;
      byte[] want = kind.equals("dechunk") ? body : wire;
      Socket source = new Socket(wire, 0);
      Socket sink = new Socket(new byte[0], want.length);
      SplicePump pump = pump(source, sink, framing(kind, body.length));
      move(pump, source, sink, random);
      assertThat(sink.count).as("seed %d", seed).isEqualTo(want.length);
      assertThat(Arrays.mismatch(sink.taken, want)).as("seed %d", seed).isEqualTo(-1);
      assertThat(pump.movedBytes()).isEqualTo(want.length);
      assertThat(pump.heldBytes()).isZero();
      spliced = pipes.splicedBytes();
    }
    assertThat(spliced).isGreaterThan((long) TRIES * BODY_BYTES / 8);
  }

  private SplicePump pump(Socket source, Socket sink, Framing framing) {
    return new SplicePump(source, sink, framing, scratch, pipes);
  }

  private static void move(SplicePump pump, Socket source, Socket sink, Random random) {
    int stepMax = 1 + random.nextInt(random.nextBoolean() ? 100_000 : 900_000);
    source.spliceMax = random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(200_000);
    Progress progress = Progress.GIVE_WAY;
    for (int step = 0; progress != Progress.DONE; step++) {
      assertThat(step).as("it comes to an end").isLessThan(100_000);
      if (progress == Progress.WAIT_SOURCE) {
        source.arrive(1 + random.nextInt(stepMax));
      } else if (progress == Progress.WAIT_SINK) {
        assertThat(pump.heldBytes()).isLessThanOrEqualTo(1 << 20);
        sink.room = 1 + random.nextInt(stepMax);
        sink.boast = random.nextInt(8) == 0 ? random.nextInt(300_000) : 0;
      } else {
        assertThat(progress).isEqualTo(Progress.GIVE_WAY);
      }
      progress = pump.run();
    }
  }

  private static Socket whole(byte[] body) {
    Socket source = new Socket(body, 0);
    source.arrive(body.length);
    return source;
  }

  private static Socket sink(int room, int boast) {
    Socket sink = new Socket(new byte[0], BODY_BYTES);
    sink.room = room;
    sink.boast = boast;
    return sink;
  }

  /** A flow behind its first bytes, which are copied, with a sink that says more than is true. */
  private SplicePump begun(Socket sink, int room, int boast) {
    SplicePump pump = pump(whole(body(BODY_BYTES)), sink, new LengthFraming(BODY_BYTES));
    assertThat(pump.run()).isEqualTo(Progress.WAIT_SINK);
    assertThat(pump.movedBytes()).isEqualTo(FIRST_BYTES);
    sink.room = room;
    sink.boast = boast;
    return pump;
  }

  @Test
  void sink_thatTakesLessThanItHadRoomFor_leavesItsFlowThePipe() {
    Socket sink = sink(FIRST_BYTES, 0);
    SplicePump pump = begun(sink, 100_000, 150_000);
    assertThat(pump.run()).isEqualTo(Progress.WAIT_SINK);
    assertThat(pump.movedBytes()).isEqualTo(FIRST_BYTES + 100_000);
    assertThat(pump.heldBytes()).isEqualTo(150_000);
    assertThat(pipes.heldBytes()).isEqualTo(150_000);

    sink.boast = 0;
    sink.room = 50_000;
    assertThat(pump.run()).isEqualTo(Progress.WAIT_SINK);
    assertThat(pipes.heldBytes()).isEqualTo(100_000);

    sink.room = BODY_BYTES;
    Progress progress = pump.run();
    while (progress == Progress.GIVE_WAY) {
      progress = pump.run();
    }
    assertThat(progress).isEqualTo(Progress.DONE);
    assertThat(pipes.heldBytes()).isZero();
    assertThat(Arrays.mismatch(sink.taken, body(BODY_BYTES))).isEqualTo(-1);
  }

  /** The last that was copied did not fit, the rest was spliced: nothing came beyond the body. */
  @Test
  void sink_thatWasFullWhileBytesWereCopied_leavesNoSurplus() {
    Socket sink = sink(FIRST_BYTES + 1_000, 0);
    SplicePump pump = pump(whole(body(BODY_BYTES)), sink, new LengthFraming(BODY_BYTES));
    assertThat(pump.run()).isEqualTo(Progress.WAIT_SINK);
    assertThat(pump.surplus()).isFalse();
    sink.room = BODY_BYTES;
    Progress progress = pump.run();
    while (progress == Progress.GIVE_WAY) {
      progress = pump.run();
    }
    assertThat(progress).isEqualTo(Progress.DONE);
    assertThat(pump.surplus()).isFalse();
  }

  @Test
  void pipeWithBytesInside_whenTheFlowIsOver_isClosedNotPooled() {
    for (boolean broken : new boolean[] {true, false}) {
      Socket sink = sink(FIRST_BYTES, 0);
      SplicePump pump = begun(sink, 100_000, 150_000);
      assertThat(pump.run()).isEqualTo(Progress.WAIT_SINK);
      if (broken) {
        sink.room = 1;
        sink.outOf = Sink.BROKEN;
        assertThat(pump.run()).isEqualTo(Progress.SINK_BROKEN);
      } else {
        pump.close();
      }
      pump.close();
      assertThat(pump.movedBytes()).isEqualTo(FIRST_BYTES + 100_000);
      assertThat(pump.heldBytes()).isZero();
      assertThat(pipes.heldBytes()).isZero();
      assertThat(pipes.pipes()).isZero();
    }
  }

  @Test
  void pool_withoutAPipe_hasTheFlowCopy() {
    List<Pipe> lent = new ArrayList<>();
    Pipe next = pipes.take();
    while (next != null) {
      lent.add(next);
      next = pipes.take();
    }
    assertThat(lent).hasSize(PipePool.PIPES_MAX);
    Socket sink = sink(BODY_BYTES, 0);
    SplicePump pump = pump(whole(body(BODY_BYTES)), sink, new LengthFraming(BODY_BYTES));
    Progress progress = pump.run();
    while (progress == Progress.GIVE_WAY) {
      progress = pump.run();
    }
    assertThat(progress).isEqualTo(Progress.DONE);
    assertThat(pipes.splicedBytes()).isZero();
    assertThat(Arrays.mismatch(sink.taken, body(BODY_BYTES))).isEqualTo(-1);
    lent.forEach(pipes::giveBack);
    assertThat(pipes.pipes()).isEqualTo(PipePool.IDLE_PIPES_MAX);
  }

  @Test
  void flowsWithBytesStuck_togetherHoldABoundedNumber() {
    List<SplicePump> pumps = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      SplicePump pump = begun(sink(FIRST_BYTES, 0), 1, 400_000);
      pumps.add(pump);
      assertThat(pump.run()).isEqualTo(Progress.WAIT_SINK);
    }
    assertThat(pipes.heldBytes())
        .isBetween(
            (long) PipePool.HELD_BYTES_MAX,
            (long) PipePool.HELD_BYTES_MAX + SplicePump.SPLICE_MIN_BYTES);
    assertThat(pumps.getLast().heldBytes()).isZero();
    pumps.forEach(SplicePump::close);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void kernel_thatDoesNotSplice_hasTheLoopCopyFromThenOn(boolean outOnly) {
    for (int room : new int[] {BODY_BYTES, 300_000}) {
      Socket source = whole(body(BODY_BYTES));
      Socket sink = sink(room, 0);
      source.into = outOnly ? 0 : Spliceable.UNSUPPORTED;
      sink.outOf = outOnly ? Spliceable.UNSUPPORTED : 0;
      SplicePump pump = pump(source, sink, new LengthFraming(BODY_BYTES));
      Progress progress = pump.run();
      while (progress != Progress.DONE) {
        sink.room += progress == Progress.WAIT_SINK ? 70_000 : 0;
        progress = pump.run();
      }
      assertThat(pipes.usable()).isFalse();
      assertThat(pump.movedBytes()).isEqualTo(BODY_BYTES);
      assertThat(Arrays.mismatch(sink.taken, body(BODY_BYTES))).isEqualTo(-1);
      assertThat(pipes.pipes()).isZero();
    }
  }

  @Test
  void source_thatEndsTooEarly_isTold() {
    Socket sink = sink(BODY_BYTES, 0);
    SplicePump pump = pump(whole(body(200_000)), sink, new LengthFraming(BODY_BYTES));
    assertThat(pump.run()).isEqualTo(Progress.MALFORMED);
    assertThat(sink.count).isEqualTo(200_000);
  }

  @Test
  void turn_ofAnEndlessBody_isBounded() {
    Socket source = whole(new byte[8 << 20]);
    source.pretends = true;
    Socket sink = sink(Integer.MAX_VALUE, 0);
    sink.pretends = true;
    SplicePump pump = pump(source, sink, new LengthFraming(1L << 40));
    assertThat(pump.run()).isEqualTo(Progress.GIVE_WAY);
    assertThat(pump.movedBytes()).isBetween(1L, 2L * CopyPump.TURN_BYTES);
  }

  @Test
  void shortBody_orOneOfNewChunks_isNotForSplicing() {
    assertThat(SplicePump.pays(new LengthFraming(SplicePump.BODY_MIN_BYTES - 1))).isFalse();
    assertThat(SplicePump.pays(new LengthFraming(SplicePump.BODY_MIN_BYTES))).isTrue();
    assertThat(SplicePump.pays(new ChunkFraming(ChunkFraming.Mode.RECHUNK))).isFalse();
  }

  @Test
  void steadyFlow_afterItsStart_allocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Socket source = new Socket(new byte[256 * 1024], 0);
    source.pretends = true;
    Socket sink = sink(Integer.MAX_VALUE, 0);
    sink.pretends = true;
    SplicePump pump = pump(source, sink, new LengthFraming(1L << 40));
    long before = 0;
    int pieces = 300;
    for (int round = 0; round < 3; round++) {
      before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < pieces; i++) {
        source.consumed = 0;
        source.arrived = source.bytes.length - 1; // not ended
        pump.run();
      }
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(pipes.splicedBytes()).isGreaterThan(100_000_000);
    assertThat(allocated).as("bytes for %d pieces", pieces).isLessThan(pieces * 16L);
  }
}

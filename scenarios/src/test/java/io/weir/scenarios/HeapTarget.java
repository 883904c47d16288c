package io.weir.scenarios;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A JVM whose memory is as it is told, by commands on its input, one a line, each answered by a
 * line. It ends with its input. Sizes are in bytes; {@code SIZE} is of one block of malloc.
 *
 * <pre>
 * hold BYTES SIZE             blocks, all kept
 * keep-last BYTES SIZE        blocks, freed but the last
 * keep-every N BYTES SIZE     blocks, freed but each N-th
 * arenas N BYTES SIZE         the same as keep-last, by N threads that stay: an arena each
 * leak BYTES SIZE             so many bytes a second, from now on, among a constant load
 * churn                       the constant load alone
 * fill BYTES SIZE MILLIS      a cache that fills in that time, and stays
 * saw BYTES SIZE MILLIS       fills in that time, is emptied, and so on
 * stacks N BYTES              N threads with stacks of that size, used whole
 * map FILE                    the file, mapped and read
 * direct BYTES                direct buffers
 * heap BYTES                  Java objects; `drop` lets go of them, `gc` collects
 * garbage BYTES               so many bytes of Java garbage a second
 * truth                       mallinfo2 and the resident set
 * trim                        malloc_trim(0), and the resident set before and after
 * </pre>
 */
final class HeapTarget {
  private static final int PAGE_BYTES = 4096;
  private static final long TICK_MILLIS = 10;
  private static final int HEAP_PIECE_BYTES = 64 * 1024;
  private static final int DIRECT_PIECE_BYTES = 1 << 20;

  private final Malloc malloc = new Malloc();
  private final List<Object> kept = new ArrayList<>();
  private final List<byte[]> heap = new ArrayList<>();

  private HeapTarget() {}

  /** Takes commands until its input ends. */
  public static void main(String[] args) throws Exception {
    HeapTarget target = new HeapTarget();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(target.answer(line.split(" ", -1)));
    }
    Runtime.getRuntime().halt(0); // some threads never end
  }

  // long: one command a line
  private String answer(String[] words) throws Exception {
    switch (words[0]) {
      case "hold" -> kept.add(malloc.blocks(number(words, 1), number(words, 2)));
      case "keep-last" -> keepLast(number(words, 1), number(words, 2));
      case "keep-every" -> keepEvery(number(words, 1), number(words, 2), number(words, 3));
      case "arenas" -> arenas(number(words, 1), number(words, 2), number(words, 3));
      case "leak" -> {
        spawn(this::churn);
        spawn(() -> fill(Long.MAX_VALUE, number(words, 2), number(words, 1) / 1000.0));
      }
      case "churn" -> spawn(this::churn);
      case "fill" -> {
        double perMilli = (double) number(words, 1) / number(words, 3);
        spawn(() -> fill(number(words, 1), number(words, 2), perMilli));
      }
      case "saw" -> spawn(() -> saw(number(words, 1), number(words, 2), number(words, 3)));
      case "stacks" -> stacks(number(words, 1), number(words, 2));
      case "map" -> map(Path.of(words[1]));
      case "direct" -> direct(number(words, 1));
      case "heap" -> heap(number(words, 1));
      case "drop" -> heap.clear();
      case "gc" -> System.gc();
      case "garbage" -> spawn(() -> garbage(number(words, 1)));
      case "truth" -> {
        return malloc.truth() + " rss " + Rss.bytes("self");
      }
      case "trim" -> {
        long before = Rss.bytes("self");
        malloc.trim();
        return "trimmed " + before + " to " + Rss.bytes("self");
      }
      default -> {
        return "unknown command " + words[0];
      }
    }
    return "done " + words[0];
  }

  private static long number(String[] words, int index) {
    return Long.parseLong(words[index]);
  }

  private void keepLast(long bytes, long size) {
    long[] blocks = malloc.blocks(bytes, size);
    for (int i = 0; i < blocks.length - 1; i++) {
      malloc.free(blocks[i]);
    }
  }

  private void keepEvery(long n, long bytes, long size) {
    long[] blocks = malloc.blocks(bytes, size);
    for (int i = 0; i < blocks.length; i++) {
      if (i % n != 0) {
        malloc.free(blocks[i]);
      }
    }
  }

  private void arenas(long count, long bytes, long size) throws InterruptedException {
    CountDownLatch done = new CountDownLatch((int) count);
    CountDownLatch never = new CountDownLatch(1);
    for (int i = 0; i < count; i++) {
      spawn(
          () -> {
            keepLast(bytes / count, size);
            done.countDown();
            never.await();
          });
    }
    done.await();
  }

  /** Blocks at a pace until there are enough; they stay. */
  private void fill(long bytes, long size, double bytesPerMilli) throws InterruptedException {
    long start = System.nanoTime();
    long made = 0;
    while (made < bytes) {
      long due = Math.min(bytes, (long) ((System.nanoTime() - start) / 1e6 * bytesPerMilli));
      while (made < due) {
        malloc.block(size);
        made += size;
      }
      Thread.sleep(TICK_MILLIS);
    }
  }

  private void saw(long bytes, long size, long millis) throws InterruptedException {
    int steps = (int) Math.max(1, millis / TICK_MILLIS);
    while (true) {
      List<long[]> tooth = new ArrayList<>();
      for (int i = 0; i < steps; i++) {
        tooth.add(malloc.blocks(bytes / steps, size));
        Thread.sleep(TICK_MILLIS);
      }
      for (long[] blocks : tooth) {
        malloc.free(blocks);
      }
    }
  }

  /** Some thousands of malloc and free a second, sizes by a fixed sequence, 1 MiB at most alive. */
  private void churn() throws InterruptedException {
    long[] alive = new long[256];
    long random = 1;
    while (true) {
      for (int i = 0; i < 64; i++) {
        random = random * 6364136223846793005L + 1442695040888963407L;
        int slot = (int) (random >>> 56);
        if (alive[slot] != 0) {
          malloc.free(alive[slot]);
        }
        alive[slot] = malloc.block(16 + (random >>> 20 & 0xFFF));
      }
      Thread.sleep(TICK_MILLIS);
    }
  }

  private static void stacks(long count, long bytes) throws InterruptedException {
    CountDownLatch used = new CountDownLatch((int) count);
    CountDownLatch never = new CountDownLatch(1);
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(null, () -> occupy(used, never), "stack-" + i, bytes);
      thread.setDaemon(true);
      thread.start();
    }
    used.await();
  }

  private static void occupy(CountDownLatch used, CountDownLatch never) {
    useWhole();
    used.countDown();
    awaitForever(never);
  }

  private static void useWhole() {
    try {
      descend(0);
    } catch (StackOverflowError e) {
      // as meant: each page has been written to
    }
  }

  private static int descend(int depth) {
    return depth < 0 ? 0 : 1 + descend(depth + 1);
  }

  private static void awaitForever(CountDownLatch never) {
    try {
      never.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      MemorySegment bytes =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.global());
      bytes.load();
      kept.add(bytes);
    }
  }

  private void direct(long bytes) {
    for (long made = 0; made < bytes; made += DIRECT_PIECE_BYTES) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(DIRECT_PIECE_BYTES);
      for (int i = 0; i < DIRECT_PIECE_BYTES; i += PAGE_BYTES) {
        buffer.put(i, (byte) 1);
      }
      kept.add(buffer);
    }
  }

  private void heap(long bytes) {
    for (long made = 0; made < bytes; made += HEAP_PIECE_BYTES) {
      heap.add(new byte[HEAP_PIECE_BYTES]);
    }
  }

  private static void garbage(long bytesPerSecond) throws InterruptedException {
    Deque<byte[]> recent = new ArrayDeque<>();
    while (true) {
      for (long made = 0; made < bytesPerSecond * TICK_MILLIS / 1000; made += HEAP_PIECE_BYTES) {
        recent.addLast(new byte[HEAP_PIECE_BYTES]);
        if (recent.size() > 16) {
          recent.removeFirst();
        }
      }
      Thread.sleep(TICK_MILLIS);
    }
  }

  /** What a thread does. */
  private interface Work {
    void run() throws InterruptedException;
  }

  private static void spawn(Work work) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                work.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }
}

package io.weir.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Main class of a process that calls malloc and free as it is told, a line each, and ends with its
 * standard input.
 *
 * <pre>
 *   alloc COUNT BYTES        COUNT more blocks, written to      answer: ok
 *   free                     all but the last one               answer: ok
 *   trim                     malloc_trim(0)                     answer: ok
 *   mallopt OPTION VALUE                                        answer: ok
 *   tick                     malloc and free a little           answer: ok
 *   leak BYTES_PER_SECOND BLOCK_BYTES   from now on, on a thread of its own
 * </pre>
 */
public final class MallocChild {
  private static final int TICKS = 2_000;
  private static final int LEAKS_PER_SECOND = 20;

  private long[] blocks = new long[1024];
  private int count;

  private MallocChild() {}

  /** Runs until standard input ends. */
  public static void main(String[] args) throws IOException {
    MallocChild child = new MallocChild();
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    String line = commands.readLine();
    while (line != null) {
      child.obey(line.split(" ", -1));
      System.out.println("ok");
      System.out.flush();
      line = commands.readLine();
    }
    System.exit(0);
  }

  private void obey(String... words) {
    switch (words[0]) {
      case "alloc" -> alloc(Integer.parseInt(words[1]), Long.parseLong(words[2]));
      case "free" -> free();
      case "trim" -> NativeMalloc.trim();
      case "mallopt" -> NativeMalloc.option(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
      case "tick" -> tick();
      case "leak" -> startLeak(Long.parseLong(words[1]), Long.parseLong(words[2]));
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private void alloc(int more, long bytes) {
    blocks = Arrays.copyOf(blocks, Math.max(blocks.length, count + more));
    for (int i = 0; i < more; i++) {
      blocks[count++] = NativeMalloc.resident(bytes);
    }
  }

  /** All but the last, which lies near the top of the heap. */
  private void free() {
    for (int i = 0; i < count - 1; i++) {
      NativeMalloc.free(blocks[i]);
    }
    blocks[0] = blocks[Math.max(0, count - 1)];
    count = Math.min(count, 1);
  }

  /** An allocator that gives memory back by and by does so when it is called. */
  private static void tick() {
    for (int i = 0; i < TICKS; i++) {
      NativeMalloc.free(NativeMalloc.malloc(100));
    }
  }

  private static void startLeak(long bytesPerSecond, long blockBytes) {
    Thread thread = new Thread(() -> leak(bytesPerSecond, blockBytes), "leak");
    thread.setDaemon(true);
    thread.start();
  }

  private static void leak(long bytesPerSecond, long blockBytes) {
    long start = System.nanoTime();
    long leaked = 0;
    while (!Thread.interrupted()) {
      double seconds = (System.nanoTime() - start) / 1e9;
      while (leaked < seconds * bytesPerSecond) {
        NativeMalloc.resident(blockBytes);
        leaked += blockBytes;
      }
      try {
        Thread.sleep(1_000 / LEAKS_PER_SECOND);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}

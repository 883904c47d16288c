package io.weir.memory.census;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * A process to be counted, which knows the truth: it calls malloc and free by the foreign-function
 * API and reports its own {@code mallinfo2}. Commands on standard input, an answer a line each:
 *
 * <pre>
 *   alloc THREADS COUNT MIN MAX   each thread allocates COUNT blocks of MIN to MAX bytes
 *   free other | last             each thread frees every other block | all but its last
 *   fill COUNT BYTES              COUNT blocks of BYTES that nobody keeps track of
 *   churn THREADS                 as many threads malloc and free from now on
 *   measure MILLIS MIN MAX        pairs of malloc and free, see PairLatency
 *   truth                         arena hblks hblkhd fsmblks uordblks fordblks keepcost
 *   trim                          malloc_trim(0)
 *   jemalloc LIBRARY COUNT MAX    COUNT blocks of 16 to MAX bytes by jemalloc, every other freed;
 *                                 allocated active retained
 *   brk block | foreign           a mapping in the way of brk | brk moved by someone else
 * </pre>
 */
final class MallocTarget {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MALLOC =
      function("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      function("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
  private static final MethodHandle TRIM =
      function("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
  private static final MethodHandle SBRK =
      function("sbrk", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MALLINFO =
      function("mallinfo2", FunctionDescriptor.of(tenWords()));

  /** Of mallinfo2: arena, hblks, hblkhd, fsmblks, uordblks, fordblks, keepcost. */
  private static final int[] FIELDS = {0, 3, 4, 6, 7, 8, 9};

  private static final int CHURN_KEPT = 2000;

  private final MemorySegment result = Arena.global().allocate(80, 8);
  private final SegmentAllocator toResult = SegmentAllocator.prefixAllocator(result);
  private final List<Worker> workers = new ArrayList<>();

  private MallocTarget() {}

  /** A thread with an arena, as far as malloc gives it one, and its blocks. */
  private static final class Worker {
    final ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task);
              made.setDaemon(true);
              return made;
            });
    final Random random;
    long[] blocks = new long[0];

    Worker(int number) {
      this.random = new Random(number);
    }

    void alloc(int count, int min, int max) {
      blocks = new long[count];
      for (int i = 0; i < count; i++) {
        blocks[i] = malloc(min + (long) random.nextInt(max - min + 1));
      }
    }

    void free(boolean other) {
      for (int i = 0; i < blocks.length - 1; i++) {
        if (!other || i % 2 == 0) {
          MallocTarget.free(blocks[i]);
        }
      }
    }

    void churn() {
      long[] kept = new long[CHURN_KEPT];
      while (true) {
        int i = random.nextInt(CHURN_KEPT);
        if (kept[i] != 0) {
          MallocTarget.free(kept[i]);
        }
        kept[i] = malloc(16 + (long) random.nextInt(2000));
        if (random.nextInt(50) == 0) {
          LockSupport.parkNanos(100_000);
        }
      }
    }
  }

  public static void main(String[] args) throws Exception {
    MallocTarget target = new MallocTarget();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    String line = in.readLine();
    while (line != null) {
      System.out.println(target.obey(line.split(" ", -1)));
      line = in.readLine();
    }
    System.exit(0);
  }

  private String obey(String[] words) throws IOException, ExecutionException, InterruptedException {
    switch (words[0]) {
      case "alloc" -> {
        for (int i = 0; i < Integer.parseInt(words[1]); i++) {
          workers.add(new Worker(i));
        }
        int count = Integer.parseInt(words[2]);
        int min = Integer.parseInt(words[3]);
        int max = Integer.parseInt(words[4]);
        for (Worker worker : workers) {
          worker.thread.submit(() -> worker.alloc(count, min, max)).get();
        }
      }
      case "free" -> {
        for (Worker worker : workers) {
          worker.thread.submit(() -> worker.free(words[1].equals("other"))).get();
        }
      }
      case "churn" -> {
        for (int i = 0; i < Integer.parseInt(words[1]); i++) {
          Worker worker = new Worker(1000 + i);
          var _ = worker.thread.submit(worker::churn);
        }
      }
      case "fill" -> {
        long bytes = Long.parseLong(words[2]);
        for (long n = Long.parseLong(words[1]); n > 0; n--) {
          var _ = mallocTouched(bytes);
        }
      }
      case "measure" -> {
        return new PairLatency()
            .measure(
                Integer.parseInt(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
      }
      case "trim" -> trim();
      case "jemalloc" -> {
        return Jemalloc.obey(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]));
      }
      case "brk" -> moveBrk(words[1].equals("block"));
      case "truth" -> {
        return truth();
      }
      default -> throw new IOException("no such command: " + words[0]);
    }
    return "done";
  }

  private static long malloc(long bytes) {
    try {
      long address = (long) MALLOC.invokeExact(bytes);
      MemorySegment block = MemorySegment.ofAddress(address).reinterpret(bytes);
      block.fill((byte) 1);
      return address;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** As malloc, of whose block the first word is written only. */
  static long mallocTouched(long bytes) {
    try {
      long address = (long) MALLOC.invokeExact(bytes);
      MemorySegment.ofAddress(address).reinterpret(8).set(ValueLayout.JAVA_LONG, 0, address);
      return address;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static void free(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends the room for brk by a mapping right behind it, or moves brk as a foreign library may. */
  private static void moveBrk(boolean block) {
    try {
      long end = (long) SBRK.invokeExact(block ? 0L : 5008L);
      if (block) {
        int anonymousFixed = 0x32;
        var _ = (long) MMAP.invokeExact((end + 4095) & -4096L, 4096L, 0, anonymousFixed, -1, 0L);
      }
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void trim() {
    try {
      var _ = (int) TRIM.invokeExact(0L);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private String truth() {
    try {
      var _ = (MemorySegment) MALLINFO.invokeExact(toResult);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    StringBuilder line = new StringBuilder();
    for (int field : FIELDS) {
      line.append(result.getAtIndex(ValueLayout.JAVA_LONG, field)).append(' ');
    }
    return line.toString().strip();
  }

  private static MemoryLayout tenWords() {
    MemoryLayout[] words = new MemoryLayout[10];
    Arrays.fill(words, ValueLayout.JAVA_LONG);
    return MemoryLayout.structLayout(words);
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }
}

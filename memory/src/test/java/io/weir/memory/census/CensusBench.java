package io.weir.memory.census;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * What a census costs, and what it costs the process that is counted. After {@code mvn -pl memory
 * test-compile}, as lean as the doctor runs:
 *
 * <pre>
 *   java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx16m \
 *     -cp memory/target/classes:memory/target/test-classes io.weir.memory.census.CensusBench
 * </pre>
 *
 * <p>First 1 GiB in chunks of 64 bytes: the first look, as a doctor that is started for it has it,
 * and the median of the next. Then a target that mallocs and frees in one thread, beside 400 MB of
 * live chunks, while nobody looks, while as much CPU is used for nothing, and while one census
 * follows the other. The three take turns in one run, so that what else the machine does hits all;
 * each number is the median of its turns.
 */
final class CensusBench {
  private static final int CHUNKS = 16 << 20;
  private static final int LOOKS = 9;
  private static final int TURNS = 5;
  private static final int TURN_MILLIS = 2_000;

  private CensusBench() {}

  /** What runs beside the target. */
  private enum Beside {
    NOTHING,
    SPIN,
    CENSUS
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    small();
    Map<String, String> fixed = Map.of("MALLOC_MMAP_THRESHOLD_", "131072");
    try (TargetProcess target = TargetProcess.java(fixed)) {
      target.tell("alloc 1 200000 16 4000");
      target.tell("measure 1000 16 2000"); // until it is compiled
      latency(target, "16 to 2,000 bytes", "16 2000");
      latency(target, "256 KiB, a mapping each", "262144 262144");
    }
  }

  private static void small() throws IOException {
    try (TargetProcess target = TargetProcess.java(Map.of("MALLOC_ARENA_MAX", "1"))) {
      target.tell("fill " + CHUNKS + " 56");
      List<Long> millis = new ArrayList<>();
      long chunks = 0;
      long readBytes = 0;
      for (int i = 0; i < LOOKS; i++) {
        Census.Counted census = look(target);
        millis.add(census.costNanos() / 1_000_000);
        chunks = census.sizes().stream().mapToLong(SizeClass::count).sum();
        readBytes = census.readBytes();
      }
      System.out.printf("%,d chunks, %,d bytes read%n", chunks, readBytes);
      System.out.printf("  first look %d ms", millis.removeFirst());
      System.out.printf(", then %d ms (all: %s)%n", median(millis), millis);
    }
  }

  private static Census.Counted look(TargetProcess target) throws IOException {
    if (HeapCensus.take(target.target()) instanceof Census.Counted counted) {
      return counted;
    }
    throw new IOException("the target was not counted");
  }

  private static void latency(TargetProcess target, String name, String sizes)
      throws IOException, InterruptedException {
    Map<Beside, List<long[]>> seen = new EnumMap<>(Beside.class);
    int looks = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      for (Beside beside : Beside.values()) {
        AtomicInteger counted = new AtomicInteger();
        String answer;
        try (Load load = new Load(beside, target, counted)) {
          load.begin();
          answer = target.tell("measure " + TURN_MILLIS + " " + sizes);
        }
        looks += counted.get();
        seen.computeIfAbsent(beside, _ -> new ArrayList<>())
            .add(Arrays.stream(answer.split(" ", -1)).mapToLong(Long::parseLong).toArray());
      }
    }
    System.out.println(name + ", " + looks + " censuses; pairs a turn, ns p50 p99 p99.9 most");
    seen.forEach(
        (beside, turns) -> {
          StringBuilder line = new StringBuilder("  ").append(beside);
          for (int i = 0; i < 5; i++) {
            int field = i;
            line.append(' ').append(median(turns.stream().map(turn -> turn[field]).toList()));
          }
          System.out.println(line);
        });
  }

  /** A thread beside the target's. */
  private static final class Load implements AutoCloseable {
    private final Thread thread;
    private volatile boolean ended;

    Load(Beside beside, TargetProcess target, AtomicInteger counted) {
      thread = new Thread(() -> run(beside, target, counted), "beside");
    }

    void begin() {
      thread.start();
    }

    private void run(Beside beside, TargetProcess target, AtomicInteger counted) {
      while (!ended) {
        switch (beside) {
          case NOTHING -> LockSupport.parkNanos(1_000_000);
          case SPIN -> Thread.onSpinWait();
          case CENSUS -> {
            try {
              counted.addAndGet(HeapCensus.take(target.target()) instanceof Census.Counted ? 1 : 0);
            } catch (IOException e) {
              ended = true;
            }
          }
        }
      }
    }

    @Override
    public void close() throws InterruptedException {
      ended = true;
      thread.join();
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}

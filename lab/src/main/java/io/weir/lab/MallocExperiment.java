package io.weir.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Many small blocks, all freed but one near the top; and what settings and allocators change. */
final class MallocExperiment implements Experiment {
  static final String TRIMMABLE = "a trim would give back";

  private static final List<String> SERIES = List.of(Trace.RSS, Trace.LIVE, Trace.KEPT, TRIMMABLE);
  private static final int STEPS = 12;
  private static final int SAMPLES_AT_REST = 8;
  private static final long STEP_MILLIS = 40;
  private static final long MMAPPED_BYTES = 1 << 20;
  private static final int TRIM_THRESHOLD_BYTES = 64 * 1024;

  /** jemalloc gives dirty pages back over ten seconds unless told otherwise. */
  private static final int DECAY_SECONDS = 12;

  private static final int DECAY_QUICK_SECONDS = 1;

  private static final List<Path> LIBRARY_FOLDERS =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu"),
          Path.of("/usr/lib/aarch64-linux-gnu"),
          Path.of("/usr/lib64"),
          Path.of("/usr/lib"),
          Path.of("/usr/local/lib"));

  /**
   * One run.
   *
   * @param name one word
   * @param title for people
   * @param environment of the process
   * @param option a command before all others, or empty
   * @param blockBytes of each block
   * @param waitSeconds between free() and the last look
   */
  private record Variant(
      String name,
      String title,
      Map<String, String> environment,
      String option,
      long blockBytes,
      int waitSeconds) {}

  @Override
  public String name() {
    return "malloc";
  }

  @Override
  public String claim() {
    return "Memory that was freed stays in RSS: malloc keeps it.";
  }

  @Override
  public Result run(Settings settings, Live live) throws IOException, InterruptedException {
    List<String> remarks = new ArrayList<>();
    List<Trace> traces = new ArrayList<>();
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("", "with all blocks", "after free()", "after malloc_trim(0)"));
    for (Variant variant : variants(settings, remarks)) {
      Trace trace = run(variant, settings, live);
      traces.add(trace);
      table.add(row(trace));
    }
    Outcome outcome = Claims.malloc(traces.getFirst());
    remarks.add("The figures in the table are RSS above that of the empty process.");
    remarks.addAll(Claims.compared(traces));
    return new Result(
        name(), claim(), outcome, List.of(traces.getFirst()), table, List.copyOf(remarks), traces);
  }

  private static List<Variant> variants(Settings settings, List<String> remarks) {
    long block = settings.blockBytes();
    List<Variant> all = new ArrayList<>();
    String size = Units.count(block) + " bytes";
    all.add(
        new Variant(
            "default",
            Units.count(settings.blocks()) + " blocks of " + size,
            Map.of(),
            "",
            block,
            0));
    all.add(
        new Variant(
            "arena-max-1",
            "with MALLOC_ARENA_MAX=1",
            Map.of("MALLOC_ARENA_MAX", "1"),
            "",
            block,
            0));
    all.add(
        new Variant(
            "trim-threshold",
            "with M_TRIM_THRESHOLD 64 KiB",
            Map.of(),
            "mallopt " + NativeMalloc.M_TRIM_THRESHOLD + " " + TRIM_THRESHOLD_BYTES,
            block,
            0));
    all.add(
        new Variant(
            "mmapped", "blocks of 1 MiB: mappings of their own", Map.of(), "", MMAPPED_BYTES, 0));
    Path jemalloc = jemalloc();
    if (jemalloc == null) {
      remarks.add(
          "jemalloc is not installed, so it was skipped (Debian: apt-get install libjemalloc2).");
    } else {
      int wait = settings.quick() ? DECAY_QUICK_SECONDS : DECAY_SECONDS;
      all.add(
          new Variant(
              "jemalloc",
              "with jemalloc and its background thread, after " + wait + " s",
              Map.of("LD_PRELOAD", jemalloc.toString(), "MALLOC_CONF", "background_thread:true"),
              "",
              block,
              wait));
    }
    return all;
  }

  private static @Nullable Path jemalloc() {
    for (Path folder : LIBRARY_FOLDERS) {
      Path library = folder.resolve("libjemalloc.so.2");
      if (Files.isReadable(library)) {
        return library;
      }
    }
    return null;
  }

  private static Trace run(Variant variant, Settings settings, Live live)
      throws IOException, InterruptedException {
    Live.Recorder recorder = live.record(variant.name(), variant.title(), Trace.MB, SERIES);
    try (Child child = Child.java(MallocChild.class, variant.environment())) {
      child.ask(variant.option().isEmpty() ? "tick" : variant.option());
      recorder.phase("start");
      stay(child, recorder, 2);
      recorder.phase("allocated");
      int count = Math.toIntExact(settings.bodyBytes() / variant.blockBytes());
      for (int i = 0; i < STEPS; i++) {
        int part = (int) ((i + 1L) * count / STEPS - (long) i * count / STEPS);
        child.ask("alloc " + part + " " + variant.blockBytes());
        stay(child, recorder, 1);
      }
      child.ask("free");
      recorder.phase("freed");
      stay(child, recorder, SAMPLES_AT_REST);
      for (int i = 0; i < variant.waitSeconds() * 4; i++) {
        Thread.sleep(250 - STEP_MILLIS);
        child.ask("tick");
        stay(child, recorder, 1);
      }
      child.ask("trim");
      recorder.phase("trimmed");
      stay(child, recorder, SAMPLES_AT_REST);
    }
    return recorder.end();
  }

  private static void stay(Child child, Live.Recorder recorder, int samples)
      throws IOException, InterruptedException {
    for (int i = 0; i < samples; i++) {
      Thread.sleep(STEP_MILLIS);
      Heap heap = Heap.look(child.pid());
      recorder.add(heap.rss(), heap.live(), heap.kept(), heap.trimmable());
    }
  }

  private static List<String> row(Trace trace) {
    long start = trace.first(Trace.RSS);
    boolean other = trace.name().equals("jemalloc");
    return List.of(
        trace.title(),
        Units.mb(Math.max(0, trace.last(Trace.RSS, "allocated") - start)),
        Units.mb(Math.max(0, trace.last(Trace.RSS, "freed") - start)),
        other ? "-" : Units.mb(Math.max(0, trace.last(Trace.RSS, "trimmed") - start)));
  }
}

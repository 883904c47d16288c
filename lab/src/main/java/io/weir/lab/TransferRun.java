package io.weir.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * One body through a relay without back-pressure, to a slow reader, and what is left of it.
 *
 * <pre>
 *   start ──► transfer ──► after ──► gc ──► trimmed (the JVM's alone)
 * </pre>
 *
 * @param memory RSS, live and kept
 * @param counts of chunks, empty where the relay does not tell
 * @param collections that were forced
 * @param delivered bytes that the reader got
 * @param failed 1 if the reader failed
 */
record TransferRun(Trace memory, Trace counts, long collections, long delivered, long failed) {
  static final String ALLOCATED = "chunks allocated";
  static final String FREED = "chunks freed";

  private static final List<String> SERIES = List.of(Trace.RSS, Trace.LIVE, Trace.KEPT);
  private static final long SAMPLE_MILLIS = 150;
  private static final int SAMPLES_AT_REST = 5;
  private static final double SECONDS_MAX = 300;

  /** The story's program, in Java. */
  static TransferRun inJvm(Settings settings, Live live) throws IOException, InterruptedException {
    try (Load load = Load.start();
        Child relay =
            Child.java(
                RelayChild.class,
                Map.of(),
                "unpiped",
                Integer.toString(load.port()),
                Long.toString(settings.chunkBytes()))) {
      return run(settings, live, load, relay, true);
    }
  }

  /** The story's program, in Node.js. */
  static TransferRun inNode(Settings settings, Live live) throws IOException, InterruptedException {
    try (Load load = Load.start();
        Child relay =
            Child.start(
                List.of("node", "--expose-gc", "-e", script(), Integer.toString(load.port())),
                Map.of(),
                null)) {
      return run(settings, live, load, relay, false);
    }
  }

  private static String script() throws IOException {
    try (InputStream text = TransferRun.class.getResourceAsStream("relay.js")) {
      if (text == null) {
        throw new IOException("relay.js is not in the jar");
      }
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static TransferRun run(Settings settings, Live live, Load load, Child relay, boolean jvm)
      throws IOException, InterruptedException {
    int port = Integer.parseInt(relay.hear().split(" ", -1)[1]);
    String body = Units.mb(settings.bodyBytes());
    Live.Recorder memory =
        live.record(
            jvm ? "jvm" : "node",
            (jvm ? "A relay in Java" : "The story's relay, in Node.js") + ": a body of " + body,
            Trace.MB,
            SERIES);
    Live.Recorder counts =
        live.silent(
            "counts",
            "Chunks that the relay asked malloc for",
            "chunks",
            List.of(ALLOCATED, FREED));
    Sampler sampler = new Sampler(relay, memory, counts, jvm);
    sampler.rest("start");
    String reader =
        load.read(port, "/bytes/" + settings.bodyBytes(), 1, settings.rateBytesPerSecond(), 0);
    Load.Progress progress = load.progress(reader);
    while (progress.bytes() < settings.bodyBytes() && progress.failed() == 0) {
      if (memory.seconds() > SECONDS_MAX) {
        throw new IOException("the transfer takes too long: only " + Units.mb(progress.bytes()));
      }
      sampler.sample("transfer");
      progress = load.progress(reader);
    }
    load.stop(reader);
    sampler.rest("after");
    String[] collected = relay.ask("gc");
    sampler.rest("gc");
    if (jvm) {
      relay.ask("trim");
      sampler.rest("trimmed");
    }
    return new TransferRun(
        memory.end(),
        counts.end(),
        Long.parseLong(collected[1]),
        progress.bytes(),
        progress.failed());
  }

  /** Looks at the relay. */
  private record Sampler(
      Child relay, Live.Recorder memory, Live.Recorder counts, boolean tellsCounts) {
    void sample(String phase) throws IOException, InterruptedException {
      Thread.sleep(SAMPLE_MILLIS);
      memory.phase(phase);
      counts.phase(phase);
      Heap heap = Heap.look(relay.pid());
      memory.add(heap.rss(), heap.live(), heap.kept());
      if (tellsCounts) {
        String[] stats = relay.ask("stats");
        counts.add(Long.parseLong(stats[1]), Long.parseLong(stats[2]));
      }
    }

    void rest(String phase) throws IOException, InterruptedException {
      for (int i = 0; i < SAMPLES_AT_REST; i++) {
        sample(phase);
      }
    }
  }
}

package io.weir.lab;

import java.io.IOException;
import java.util.List;

/** The same transfer, with back-pressure: the packaged Weir. */
final class PipedExperiment implements Experiment {
  private static final long SAMPLE_MILLIS = 150;
  private static final int SAMPLES_AT_REST = 5;
  private static final double SECONDS_MAX = 300;

  @Override
  public String name() {
    return "piped";
  }

  @Override
  public String claim() {
    return "A relay that waits for its reader stays flat, however large the body.";
  }

  @Override
  public Result run(Settings settings, Live live) throws IOException, InterruptedException {
    try (Load load = Load.start();
        WeirProcess weir = WeirProcess.start(load.port(), null, List.of())) {
      Live.Recorder recorder =
          live.record(
              "weir",
              "Weir: a body of " + Units.mb(settings.bodyBytes()),
              Trace.MB,
              List.of(Trace.RSS, Trace.LIVE, Trace.KEPT));
      rest(recorder, weir, "start");
      recorder.phase("transfer");
      String reader =
          load.read(
              weir.port(), "/bytes/" + settings.bodyBytes(), 1, settings.rateBytesPerSecond(), 0);
      Load.Progress progress = load.progress(reader);
      while (progress.bytes() < settings.bodyBytes() && progress.failed() == 0) {
        if (recorder.seconds() > SECONDS_MAX) {
          throw new IOException("the transfer takes too long: only " + Units.mb(progress.bytes()));
        }
        sample(recorder, weir);
        progress = load.progress(reader);
      }
      load.stop(reader);
      rest(recorder, weir, "after");
      Trace trace = recorder.end();
      Outcome outcome =
          Claims.piped(trace, settings.bodyBytes(), progress.bytes(), progress.failed());
      List<Trace> traces = List.of(trace);
      return new Result(name(), claim(), outcome, traces, List.of(), List.of(), traces);
    }
  }

  private static void rest(Live.Recorder recorder, WeirProcess weir, String phase)
      throws IOException, InterruptedException {
    recorder.phase(phase);
    for (int i = 0; i < SAMPLES_AT_REST; i++) {
      sample(recorder, weir);
    }
  }

  private static void sample(Live.Recorder recorder, WeirProcess weir)
      throws IOException, InterruptedException {
    Thread.sleep(SAMPLE_MILLIS);
    Heap heap = Heap.look(weir.pid());
    recorder.add(heap.rss(), heap.live(), heap.kept());
  }
}

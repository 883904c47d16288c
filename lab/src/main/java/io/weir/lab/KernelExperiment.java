package io.weir.lab;

import io.weir.bench.Cgroup;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.ledger.Look;
import io.weir.memory.ledger.Observer;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A thousand slow readers: what RSS does not show, and the charge does. */
final class KernelExperiment implements Experiment {
  static final String SOCKETS = "socket buffers in the kernel";
  static final String CHARGE = "charge: what a container pays";
  static final String LIMIT = "limit, 160 MiB";

  static final long LIMIT_BYTES = 160L << 20;
  private static final List<String> SERIES = List.of(Trace.RSS, SOCKETS, CHARGE, LIMIT);

  /** Less in user space for each reader, so that RSS says as little as it can. */
  private static final int CHUNK_BYTES = 16 * 1024;

  private static final long RATE_BYTES = 20_000;
  private static final int RECEIVE_BYTES = 64 * 1024;
  private static final String ENDLESS = "/disk.img";
  private static final int SECONDS = 20;
  private static final int SECONDS_QUICK = 4;

  /** Clearly above the limit. */
  private static final long PASSED_BYTES = LIMIT_BYTES + LIMIT_BYTES / 4;

  private static final int LONGER_FACTOR = 4;
  private static final long SAMPLE_MILLIS = 500;

  /**
   * One relay under the readers.
   *
   * @param trace of it
   * @param delivered bytes to the readers, all right
   * @param failed readers
   * @param source of the charge: {@code cgroup} or {@code computed}
   */
  record Run(Trace trace, long delivered, long failed, String source) {}

  /**
   * How long: on a machine out of breath, buffers take longer to fill.
   *
   * @param least seconds, and enough where the charge has passed the limit
   * @param most seconds
   */
  private record Span(double least, double most) {}

  @Override
  public String name() {
    return "kernel";
  }

  @Override
  public String claim() {
    return "RSS stays low, and a container's limit is passed all the same: the kernel's buffers count.";
  }

  @Override
  public Result run(Settings settings, Live live) throws IOException, InterruptedException {
    List<Trace> traces = new ArrayList<>();
    Run naive;
    Run weir;
    String cgroup;
    try (Load load = Load.start()) {
      try (Cgroup own = Cgroup.make("weir-lab-naive-" + ProcessHandle.current().pid())) {
        cgroup = own == null ? "" : "version " + own.version();
        naive = naive(settings, live, load, own);
      }
      try (Cgroup own = Cgroup.make("weir-lab-weir-" + ProcessHandle.current().pid())) {
        weir = weir(settings, live, load, own, naive.trace().samples().getLast().seconds());
      }
    }
    traces.add(naive.trace());
    traces.add(weir.trace());
    Outcome outcome = Claims.kernel(naive, weir, settings.readers());
    return new Result(
        name(), claim(), outcome, traces, List.of(), List.of(source(naive, cgroup)), traces);
  }

  private static String source(Run run, String cgroup) {
    return run.source().equals("cgroup")
        ? "The charge is what the kernel counted in a cgroup of the relay's own, "
            + cgroup
            + ". No limit was set in it, so that nothing was killed."
        : "There was no right to make a cgroup, so the charge is added up: RSS, socket buffers"
            + " (sock_diag), page tables, pipes, kernel objects.";
  }

  private static Run naive(Settings settings, Live live, Load load, @Nullable Cgroup cgroup)
      throws IOException, InterruptedException {
    String[] arguments = {"piped", "" + load.smallPort(), "" + CHUNK_BYTES};
    try (Child relay = Child.java(RelayChild.class, Map.of(), cgroup, arguments)) {
      int usual = settings.quick() ? SECONDS_QUICK : SECONDS;
      Span span = new Span(usual, usual * LONGER_FACTOR);
      int port = Integer.parseInt(relay.hear().split(" ", -1)[1]);
      String title = "A relay that waits for its readers, with the kernel's own buffers";
      return run(
          settings, live.record("naive", title, Trace.MB, SERIES), load, relay.pid(), port, span);
    }
  }

  private static Run weir(
      Settings settings, Live live, Load load, @Nullable Cgroup cgroup, double seconds)
      throws IOException, InterruptedException {
    List<String> options = List.of("--memory", LIMIT_BYTES / (1 << 20) + "m");
    try (WeirProcess weir = WeirProcess.start(load.smallPort(), cgroup, options)) {
      Span span = new Span(seconds, seconds);
      String title = "Weir, with --memory 160m";
      return run(
          settings,
          live.record("weir", title, Trace.MB, SERIES),
          load,
          weir.pid(),
          weir.port(),
          span);
    }
  }

  private static Run run(
      Settings settings, Live.Recorder recorder, Load load, long pid, int port, Span span)
      throws IOException, InterruptedException {
    try {
      Observer observer = Observer.of(Target.of(pid), false);
      recorder.phase("start");
      sample(recorder, observer);
      recorder.phase("readers");
      String readers = load.read(port, ENDLESS, settings.readers(), RATE_BYTES, RECEIVE_BYTES);
      double from = recorder.seconds();
      String source = "";
      long charge = 0;
      while (recorder.seconds() - from < (charge > PASSED_BYTES ? span.least() : span.most())) {
        Thread.sleep(SAMPLE_MILLIS);
        Ledger ledger = sample(recorder, observer);
        source = ledger.chargeSource();
        charge = ledger.chargeBytes();
      }
      Load.Progress progress = load.stop(readers);
      return new Run(recorder.end(), progress.bytes(), progress.failed(), source);
    } catch (ObstacleException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static Ledger sample(Live.Recorder recorder, Observer observer) throws ObstacleException {
    Look look = observer.look();
    Ledger ledger = Ledger.of(look);
    recorder.add(ledger.rssBytes(), ledger.bytes(Kind.SOCKETS), ledger.chargeBytes(), LIMIT_BYTES);
    return ledger;
  }
}

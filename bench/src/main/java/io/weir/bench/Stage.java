package io.weir.bench;

import io.weir.load.Way;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one cell does to a proxy that runs, by the kind of its workload.
 *
 * <pre>
 *   BULK, PACED, REQUESTS, LATENCY   all crowds: warm-up, window
 *   BESIDE                           fast: warm-up, window (alone);  slow too: warm-up, window
 *   AFTER                            twice: warm-up, window, gone for 5 s, a look at the charge
 *   START                            idle for 1 s, a look;  each crowd in its turn, gone for 5 s, a look
 *   WHOLE                            smaller bodies to their end, then the bodies to their end
 * </pre>
 *
 * <p>One thread, one cell.
 */
final class Stage {
  /** From the first answer to the look at what is resident. */
  static final long START_MILLIS = 1_000;

  /** From the readers' leave to the look at what is left. */
  static final long AFTER_MILLIS = 5_000;

  /** Of whole bodies, the part that warms up: an eighth. */
  private static final int WARM_UP_SHARE = 8;

  private static final int WHOLE_SECONDS_MAX = 600;
  private static final long LOOK_MILLIS = 20;

  /** Of what all readers ask for, what they get when they have all come. */
  private static final double ARRIVED_SHARE = 0.9;

  private static final int ARRIVAL_SECONDS_MAX = 60;

  /** Longer than the time between two reads of a slow reader. */
  private static final long ARRIVAL_LOOK_MILLIS = 1_000;

  private static final double MIB = 1 << 20;

  private final Settings settings;
  private final Workload workload;
  private final int windowSeconds;
  private final LoadClient readers;
  private final long originPid;
  private final int port;
  private final Way way;
  private final @Nullable Gauge gauge;
  private final Map<Figure, Double> values = new EnumMap<>(Figure.class);
  private final List<Integer> running = new ArrayList<>();
  private final Set<String> reasons = new TreeSet<>();
  private long failed;

  /**
   * Makes one.
   *
   * @param port of the proxy, or of the origin where there is none
   * @param way of the readers to it
   * @param gauge of the proxy's memory, or null where there is none
   */
  Stage(
      Settings settings,
      Workload workload,
      int windowSeconds,
      LoadClient readers,
      long originPid,
      int port,
      Way way,
      @Nullable Gauge gauge) {
    this.settings = settings;
    this.workload = workload;
    this.windowSeconds = windowSeconds;
    this.readers = readers;
    this.originPid = originPid;
    this.port = port;
    this.way = way;
    this.gauge = gauge;
  }

  /** What was measured. */
  Map<Figure, Double> values() {
    return values;
  }

  /** Clients whose transfer broke, or whose answer was wrong. */
  long failed() {
    return failed;
  }

  /** Why they failed. */
  String reasons() {
    return String.join(", ", reasons);
  }

  /** Runs it; no client is left when it returns or throws. */
  void run() throws CellException, IOException, InterruptedException {
    try {
      switch (workload.kind()) {
        case BULK, PACED, REQUESTS, LATENCY -> steady();
        case BESIDE -> beside();
        case AFTER -> after();
        case START -> start();
        case WHOLE -> whole();
      }
    } finally {
      leave();
    }
  }

  private void steady() throws CellException, IOException, InterruptedException {
    comeAll(workload.crowds());
    if (workload.ofPaths()) {
      awaitArrival();
    }
    warmUp(workload.warmUpFactor());
    steady(window());
  }

  private void steady(Window window) throws CellException {
    Crowd measured = workload.measured();
    Gain gain = window.gains().getFirst();
    if (measured.streams()) {
      require(gain.bytes(), "byte", gain.mark());
      values.put(Figure.CPU_PER_GB, window.cpu().proxy() / (gain.bytes() / 1e9));
      values.put(Figure.THROUGHPUT, gain.bytes() / 1e6 / window.seconds());
    } else {
      require(gain.mark().answers(), "answer", gain.mark());
      values.put(Figure.P50, gain.mark().p50Millis());
      values.put(Figure.P90, gain.mark().p90Millis());
      values.put(Figure.P99, gain.mark().p99Millis());
    }
    if (workload.kind() == Workload.Kind.REQUESTS) {
      values.put(Figure.CPU_PER_REQUEST, window.cpu().proxy() * 1e6 / gain.mark().answers());
      values.put(Figure.REQUESTS, gain.mark().answers() / window.seconds());
    }
    if (workload.kind() == Workload.Kind.LATENCY) {
      values.put(Figure.THROUGHPUT, window.gains().getLast().bytes() / 1e6 / window.seconds());
    }
    delivered(measured, gain, window.seconds());
  }

  private void beside() throws CellException, IOException, InterruptedException {
    comeAll(workload.crowds().subList(0, 1));
    warmUp(1);
    double alone = megabytes(window());
    comeAll(workload.crowds().subList(1, workload.crowds().size()));
    warmUp(workload.warmUpFactor());
    Window both = window();
    values.put(Figure.ALONE, alone);
    values.put(Figure.TOGETHER, megabytes(both));
    values.put(Figure.SHARE, 100 * megabytes(both) / alone);
    delivered(workload.crowds().getLast(), both.gains().getLast(), both.seconds());
  }

  private static double megabytes(Window window) throws CellException {
    Gain gain = window.gains().getFirst();
    require(gain.bytes(), "byte", gain.mark());
    return gain.bytes() / 1e6 / window.seconds();
  }

  private void after() throws CellException, IOException, InterruptedException {
    double before = chargeMib(comeAndLeave());
    double after = chargeMib(comeAndLeave());
    if (before >= 0 && after >= 0) {
      values.put(Figure.CHARGE_BEFORE, before);
      values.put(Figure.CHARGE_AFTER, after);
      values.put(Figure.CHARGE_KEPT, after - before);
    }
  }

  private static double chargeMib(Gauge.@Nullable Reading reading) {
    return reading == null || reading.chargeBytes() < 0 ? -1 : reading.chargeBytes() / MIB;
  }

  private Gauge.@Nullable Reading comeAndLeave()
      throws CellException, IOException, InterruptedException {
    comeAll(workload.crowds());
    warmUp(workload.warmUpFactor());
    steady(window());
    leave();
    Thread.sleep(AFTER_MILLIS);
    return gauge == null ? null : gauge.read();
  }

  private void start() throws IOException, InterruptedException {
    Thread.sleep(START_MILLIS);
    resident(Figure.RESIDENT_START);
    for (Crowd crowd : workload.crowds()) {
      comeAll(List.of(crowd));
      warmUp(workload.warmUpFactor());
      leave();
    }
    Thread.sleep(AFTER_MILLIS);
    resident(Figure.RESIDENT_WARM);
  }

  private void whole() throws CellException, IOException, InterruptedException {
    Crowd crowd = workload.measured();
    long warmUpBytes = workload.bodyBytes() / WARM_UP_SHARE + 1;
    comeAll(List.of(crowd.withBytes(warmUpBytes)));
    awaitEnd(crowd.count());
    leave();
    List<Long> proxy = gauge == null ? List.of() : ProcessTree.of(gauge.root());
    Cpu before = Cpu.read(proxy, originPid, readers.pid());
    long nanos = System.nanoTime();
    comeAll(List.of(crowd));
    LoadProcess.Mark end = awaitEnd(crowd.count());
    Cpu cpu = Cpu.read(proxy, originPid, readers.pid()).since(before);
    double seconds = (System.nanoTime() - nanos) / 1e9;
    require(end.bytes(), "byte", end);
    values.put(Figure.CPU_PER_GB, cpu.proxy() / (end.bytes() / 1e9));
    values.put(Figure.THROUGHPUT, end.bytes() / 1e6 / seconds);
    cores(cpu, seconds);
  }

  private LoadProcess.Mark awaitEnd(int count)
      throws CellException, IOException, InterruptedException {
    long deadline = System.nanoTime() + WHOLE_SECONDS_MAX * 1_000_000_000L;
    LoadProcess.Mark mark = readers.mark(running.getLast());
    while (mark.answers() + mark.failed() < count) {
      if (System.nanoTime() > deadline) {
        throw new CellException(
            "only %d of %d downloads were over after %d s"
                .formatted(mark.answers() + mark.failed(), count, WHOLE_SECONDS_MAX));
      }
      Thread.sleep(LOOK_MILLIS);
      mark = readers.mark(running.getLast());
    }
    return mark;
  }

  private void cores(Cpu cpu, double seconds) {
    values.put(Figure.ORIGIN_CORES, cpu.origin() / seconds);
    values.put(Figure.READER_CORES, cpu.readers() / seconds);
    values.put(Figure.FOREIGN_CORES, cpu.foreign() / seconds);
  }

  private void resident(Figure figure) throws IOException {
    if (gauge != null) {
      values.put(figure, gauge.readResident().residentBytes() / MIB);
    }
  }

  private void comeAll(List<Crowd> crowds) throws IOException {
    for (Crowd crowd : crowds) {
      running.add(readers.start(crowd, port, way));
    }
  }

  private void leave() throws IOException {
    while (!running.isEmpty()) {
      LoadProcess.Mark last = readers.stop(running.removeLast());
      failed += last.failed();
      if (last.failed() > 0 && !last.reasons().isEmpty()) {
        reasons.add(last.reasons());
      }
    }
  }

  /**
   * Waits until the readers get about what they ask for: a thousand handshakes take their time. A
   * proxy that cannot give it to them is measured all the same, a minute later.
   */
  private void awaitArrival() throws IOException, InterruptedException {
    Crowd crowd = workload.measured();
    double wanted = ARRIVED_SHARE * crowd.count() * crowd.rateBytesPerSecond();
    long deadline = System.nanoTime() + ARRIVAL_SECONDS_MAX * 1_000_000_000L;
    double got;
    do {
      LoadProcess.Mark before = readers.mark(running.getFirst());
      Thread.sleep(ARRIVAL_LOOK_MILLIS);
      LoadProcess.Mark after = readers.mark(running.getFirst());
      got = (after.bytes() - before.bytes()) * 1e9 / (after.nanos() - before.nanos());
    } while (got < wanted && System.nanoTime() < deadline);
  }

  private void warmUp(int factor) throws InterruptedException {
    Thread.sleep(settings.warmUpMillis() * factor);
  }

  /**
   * What one crowd got in a window.
   *
   * @param bytes of bodies
   * @param mark at its end
   */
  private record Gain(long bytes, LoadProcess.Mark mark) {}

  /**
   * A window of time.
   *
   * @param seconds that it lasted
   * @param cpu used in it
   * @param gains of the crowds that were there, in their order
   */
  private record Window(double seconds, Cpu cpu, List<Gain> gains) {}

  private Window window() throws IOException, InterruptedException {
    List<Long> proxy = gauge == null ? List.of() : ProcessTree.of(gauge.root());
    List<LoadProcess.Mark> before = marks();
    Cpu cpuBefore = Cpu.read(proxy, originPid, readers.pid());
    Thread.sleep(windowSeconds * 1_000L);
    Cpu cpu = Cpu.read(proxy, originPid, readers.pid()).since(cpuBefore);
    List<LoadProcess.Mark> after = marks();
    List<Gain> gains = new ArrayList<>();
    for (int i = 0; i < after.size(); i++) {
      gains.add(new Gain(after.get(i).bytes() - before.get(i).bytes(), after.get(i)));
    }
    double seconds = (after.getFirst().nanos() - before.getFirst().nanos()) / 1e9;
    cores(cpu, seconds);
    return new Window(seconds, cpu, gains);
  }

  private List<LoadProcess.Mark> marks() throws IOException {
    List<LoadProcess.Mark> marks = new ArrayList<>();
    for (int number : running) {
      marks.add(readers.mark(number));
    }
    return marks;
  }

  private void delivered(Crowd crowd, Gain gain, double seconds) {
    if (crowd.paced()) {
      double asked = (double) crowd.rateBytesPerSecond() * crowd.count() * seconds;
      values.put(Figure.DELIVERED, 100.0 * gain.bytes() / asked);
    }
  }

  private static void require(long count, String what, LoadProcess.Mark mark) throws CellException {
    if (count <= 0) {
      String why = mark.reasons().isEmpty() ? "" : ": " + mark.reasons();
      throw new CellException(
          "not one " + what + " came, and " + mark.failed() + " have failed" + why);
    }
  }
}

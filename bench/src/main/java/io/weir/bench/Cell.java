package io.weir.bench;

import io.weir.load.Readers;
import io.weir.load.SelfSigned;
import io.weir.load.Way;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Measures one proxy under one workload: a fresh process, a warm-up, a window of time.
 *
 * <pre>
 *   start proxy   first answer   readers start          mark            mark    stop
 *   |-------------|--------------|----- warm-up --------|---- window ----|-------|
 *                                |<------------- peaks of memory -------------->|
 *                                                       |<- CPU, bytes ->|
 * </pre>
 */
final class Cell {
  private static final long START_MILLIS_MAX = 60_000;

  /** What the load itself can do shows soon. */
  private static final int DIRECT_SECONDS_MAX = 3;

  private static final long SETTLE_MILLIS_MAX = 5_000;

  /** TCP memory of a machine where nothing goes on. */
  private static final long SETTLED_BYTES = 8L << 20;

  /** Of one core: the origin and the readers have a thread each. */
  private static final double LOAD_BOUND_CORES = 0.93;

  /** Of tcp_mem's limit, which is not reached to the byte. */
  private static final double LIMIT_SHARE = 0.95;

  private static final double MIB = 1 << 20;

  /** TCP memory of others that can change a figure. */
  private static final long FOREIGN_BYTES = 64L << 20;

  private static final int LOG_CHARS_MAX = 300;
  private static final String FIRST_ANSWER = "/bytes/1000";
  private static final long FIRST_ANSWER_MILLIS_MAX = 2_000;

  private final Settings settings;
  private final Machine machine;
  private final LoadClient readers;
  private final long originPid;
  private final int originPort;
  private final int smallOriginPort;
  private final Path folder;
  private final @Nullable SelfSigned certificate;

  /** Whether others held TCP memory when the cell began. */
  private boolean crowded;

  /**
   * Makes one, once the origin has said where it is.
   *
   * @param certificate of those proxies that have one, or null where none has
   */
  Cell(
      Settings settings,
      Machine machine,
      LoadClient origin,
      LoadClient readers,
      Path folder,
      @Nullable SelfSigned certificate)
      throws IOException {
    this.certificate = certificate;
    this.settings = settings;
    this.machine = machine;
    this.readers = readers;
    this.originPid = origin.pid();
    this.folder = folder;
    String[] ports = origin.hear().split(" ", -1);
    this.originPort = Integer.parseInt(ports[1]);
    this.smallOriginPort = Integer.parseInt(ports[2]);
  }

  /** Measures the load alone: readers at the origin itself. */
  Result direct(Workload workload) throws IOException, InterruptedException {
    settle();
    int seconds = Math.min(workload.windowSeconds(settings.seconds()), DIRECT_SECONDS_MAX);
    int port = originPort(workload);
    Stage stage = new Stage(settings, workload, seconds, readers, originPid, port, Way.PLAIN, null);
    try {
      stage.run();
    } catch (CellException e) {
      return Result.failed(1, workload, Result.DIRECT, String.valueOf(e.getMessage()));
    }
    Map<Figure, Double> values = stage.values();
    values.keySet().removeAll(List.of(Figure.CPU_PER_GB, Figure.CPU_PER_REQUEST));
    values.put(Figure.FAILED, (double) stage.failed());
    return new Result(1, workload, Result.DIRECT, values, "", null);
  }

  /** Measures a proxy. */
  Result proxy(int round, Workload workload, Peer peer) throws InterruptedException {
    settle();
    try {
      return measured(round, workload, peer);
    } catch (CellException | IOException e) {
      return Result.failed(round, workload, peer.name(), String.valueOf(e.getMessage()));
    }
  }

  private Result measured(int round, Workload workload, Peer peer)
      throws CellException, IOException, InterruptedException {
    Path own = Files.createTempDirectory(folder, peer.name());
    Site site =
        new Site(
            own,
            freePort(),
            originPort(workload),
            workload.connections(),
            machine.cores(),
            machine.descriptorsMax(),
            settings.weirOptions(),
            workload.entrance(),
            certificate);
    Path log = site.file("log");
    List<String> command = peer.prepare(site);
    Cgroup cgroup = machine.charged() ? Cgroup.make("weir-bench-" + own.getFileName()) : null;
    Path cgroupFolder = cgroup == null ? null : cgroup.folder();
    Map<String, String> environment = peer.recipe().environment(site);
    try (cgroup;
        Guarded proxy = Guarded.start(command, environment, log, cgroupFolder)) {
      awaitAnswer(proxy, site.port(), workload.entrance().way(false, site.originPort()), log);
      return loaded(round, workload, peer, site, proxy, cgroup);
    }
  }

  private Result loaded(
      int round, Workload workload, Peer peer, Site site, Guarded proxy, @Nullable Cgroup cgroup)
      throws CellException, IOException, InterruptedException {
    Gauge gauge = new Gauge(proxy.pid(), site.port(), site.originPort(), cgroup);
    int seconds = workload.windowSeconds(settings.seconds());
    Way way = workload.entrance().way(workload.smallOriginBuffers(), site.originPort());
    Stage stage =
        new Stage(settings, workload, seconds, readers, originPid, site.port(), way, gauge);
    Watch watch = new Watch(gauge);
    try (watch) {
      stage.run();
    }
    if (!proxy.alive()) {
      throw new CellException("the proxy has ended: " + tail(site.file("log")));
    }
    Map<Figure, Double> values = stage.values();
    values.put(Figure.FAILED, (double) stage.failed());
    memory(watch, values);
    String note = note(stage, watch.machineBytes());
    return new Result(round, workload, peer.name(), values, note, null);
  }

  private int originPort(Workload workload) {
    return workload.smallOriginBuffers() ? smallOriginPort : originPort;
  }

  private static void memory(Watch watch, Map<Figure, Double> values) {
    values.put(Figure.RESIDENT, watch.residentBytes() / MIB);
    if (watch.socketBytes() >= 0) {
      values.put(Figure.KERNEL, watch.socketBytes() / MIB);
    }
    if (watch.chargeBytes() >= 0) {
      values.put(Figure.CHARGE, watch.chargeBytes() / MIB);
    }
  }

  private String note(Stage stage, long machineBytes) {
    List<String> notes = new ArrayList<>();
    if (stage.failed() > 0) {
      notes.add(stage.failed() + " failed: " + stage.reasons());
    }
    for (Figure figure : List.of(Figure.ORIGIN_CORES, Figure.READER_CORES)) {
      if (stage.values().getOrDefault(figure, 0.0) >= LOAD_BOUND_CORES) {
        notes.add("bound by the load, not by the proxy: " + figure.title() + " used a whole core");
      }
    }
    if (crowded) {
      notes.add("sockets of other programs held much TCP memory when it began");
    }
    long max = SocketMemory.machineMaxBytes();
    if (max > 0 && machineBytes > LIMIT_SHARE * max) {
      notes.add(
          "all TCP memory of the machine was in use (tcp_mem): the kernel dropped segments,"
              + " whoever they were for");
    }
    return String.join("; ", notes);
  }

  /** Waits until the kernel has freed the sockets of the cell before; notes what is left. */
  private void settle() throws InterruptedException {
    long deadline = System.nanoTime() + SETTLE_MILLIS_MAX * 1_000_000;
    while (SocketMemory.ofMachineBytes() > SETTLED_BYTES && System.nanoTime() < deadline) {
      Thread.sleep(100);
    }
    crowded = SocketMemory.ofMachineBytes() > FOREIGN_BYTES;
  }

  /** Below the ports that outgoing connections get, so that none takes it first. */
  private static int freePort() throws IOException {
    for (int tries = 0; tries < 1_000; tries++) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket probe = new ServerSocket()) {
        probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException e) {
        // Taken.
      }
    }
    throw new IOException("no free port between 20000 and 32000");
  }

  private static void awaitAnswer(Guarded proxy, int port, Way way, Path log)
      throws CellException, InterruptedException {
    long deadline = System.nanoTime() + START_MILLIS_MAX * 1_000_000;
    while (!answers(port, way)) {
      if (!proxy.alive()) {
        throw new CellException("the proxy did not start: " + tail(log));
      }
      if (System.nanoTime() > deadline) {
        throw new CellException(
            "no answer within " + START_MILLIS_MAX / 1_000 + " s of its start: " + tail(log));
      }
      Thread.sleep(20);
    }
  }

  private static boolean answers(int port, Way way) throws CellException, InterruptedException {
    InetSocketAddress proxy = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    Readers.Plan plan = new Readers.Plan(proxy, FIRST_ANSWER, 1, 0, 0, LoadProcess.SEED, way);
    try (Readers reader = Readers.start(plan)) {
      reader.await(FIRST_ANSWER_MILLIS_MAX);
      return reader.stop().progress().ok() == 1;
    } catch (IOException e) {
      throw new CellException("no reader can be made: " + e.getMessage());
    }
  }

  private static String tail(Path log) {
    try {
      String text = Files.readString(log).strip();
      String end = text.substring(Math.max(0, text.length() - LOG_CHARS_MAX));
      return end.isEmpty() ? "it said nothing" : end.replace('\n', ' ');
    } catch (IOException e) {
      return "it has no log";
    }
  }
}

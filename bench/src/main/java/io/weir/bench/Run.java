package io.weir.bench;

import io.weir.load.SelfSigned;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run: rounds of all workloads, and within a workload each proxy in its turn.
 *
 * <p>A machine is never the same for an hour, so what is compared must be neighbours in time: the
 * proxies follow each other at once, their order moves on by one each round, and ratios are taken
 * within a round. Origin and readers are the same two processes throughout; the proxy is a new one
 * each time. The load without any proxy comes first: it compiles the load's code, and its figures
 * say what the load itself can do.
 */
final class Run {
  private final Settings settings;
  private final Machine machine;
  private final PrintStream out;
  private final Results results = new Results();

  /** What is installed and asked for. */
  private final List<Peer> peers = new ArrayList<>();

  private final List<Workload> workloads = new ArrayList<>();

  /** The load's processes, for the thread that ends them. */
  private final Queue<LoadClient> load = new ConcurrentLinkedQueue<>();

  Run(Settings settings, Machine machine, PrintStream out) {
    this.settings = settings;
    this.machine = machine;
    this.out = out;
  }

  /** Runs it all; the report is in the folder that was asked for. */
  int run() throws IOException, InterruptedException {
    Map<String, String> versions = versions();
    choose();
    if (peers.isEmpty() || workloads.isEmpty()) {
      out.println("There is nothing left to measure.");
      return Bench.FAILED;
    }
    Map<String, String> shown = configurations();
    sayHowLong();
    Path folder = Files.createTempDirectory("weir-bench");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(folder), "end"));
    measure(folder);
    Report report = new Report(settings, machine, versions, shown, peers, workloads, results);
    out.print(TextReport.of(report));
    write(report);
    return results.all().stream().anyMatch(r -> r.error() != null) ? Bench.FAILED : Bench.DONE;
  }

  private void sayHowLong() {
    long cells = 0;
    for (Workload workload : workloads) {
      cells += settings.rounds(workload) * peers.stream().filter(p -> serves(p, workload)).count();
    }
    out.printf(
        "%d cells with a window of %d s: about %d minutes. First the load alone.%n%n",
        cells, settings.seconds(), Math.ceilDiv(settings.millis(peers.size(), workloads), 60_000L));
  }

  private static boolean serves(Peer peer, Workload workload) {
    return peer.recipe().serves(workload.entrance());
  }

  private void write(Report report) throws IOException {
    if (PathsTable.has(report)) {
      Path paths = settings.out().resolve("weir-bench-paths.md");
      Files.writeString(paths, PathsTable.markdown(report));
      out.println("\nPath by path, as a table for a note: " + paths);
    }
    Path page = settings.out().resolve("weir-bench.html");
    Files.writeString(page, HtmlReport.of(report));
    out.println("\nWith charts: " + page);
    String table = ReadmeTable.of(report);
    if (!table.isEmpty()) {
      Files.writeString(settings.out().resolve("weir-bench.md"), table);
      Path picture = settings.out().resolve("weir-bench.svg");
      Files.writeString(picture, ReadmeChart.of(report));
      out.println("\nFor a README, also in weir-bench.md, with its picture " + picture + ":\n");
      out.print(table);
    }
  }

  private Map<String, String> versions() throws IOException, InterruptedException {
    Map<String, String> versions = new LinkedHashMap<>();
    out.println("bench: " + settings.command());
    machine.facts().forEach((name, value) -> out.println("  " + name + ": " + value));
    for (Peer peer : settings.peers()) {
      String version =
          peer.installed() ? peer.version() : "not installed; to have it: " + peer.install();
      versions.put(peer.title(), version);
      out.println("  " + peer.title() + ": " + version);
      if (peer.installed()) {
        peers.add(peer);
      }
    }
    return versions;
  }

  private void choose() {
    for (Workload workload : settings.workloads()) {
      if (workload.descriptors() <= machine.descriptorsMax()) {
        workloads.add(workload);
      } else {
        out.println(
            workload.name()
                + " is left out: it needs "
                + workload.descriptors()
                + " descriptors, and ulimit -n allows "
                + machine.descriptorsMax());
      }
    }
  }

  /** Prints how each proxy is configured, with ports and a folder as examples. */
  private Map<String, String> configurations() {
    int connections = workloads.stream().mapToInt(Workload::connections).max().orElse(1);
    Site site =
        new Site(
            Path.of("/tmp/bench"),
            3001,
            8080,
            connections,
            machine.cores(),
            machine.descriptorsMax(),
            settings.weirOptions(),
            Entrance.HTTP,
            null);
    Map<String, String> shown = new LinkedHashMap<>();
    out.println();
    for (Entrance entrance : workloads.stream().map(Workload::entrance).distinct().toList()) {
      for (Peer peer : peers) {
        if (peer.recipe().serves(entrance)) {
          String title = peer.title() + (entrance == Entrance.HTTP ? "" : ", " + entrance.title());
          String text = peer.shown(site.at(entrance));
          shown.put(title, text);
          out.println("--- " + title);
          out.println(text);
        }
      }
    }
    return shown;
  }

  private void measure(Path folder) throws IOException, InterruptedException {
    try (LoadClient origin = LoadClient.start("origin");
        LoadClient readers = LoadClient.start("readers")) {
      load.addAll(List.of(origin, readers));
      boolean tls = workloads.stream().anyMatch(w -> w.entrance().tls());
      SelfSigned certificate = tls ? SelfSigned.make(folder) : null;
      Cell cell = new Cell(settings, machine, origin, readers, folder, certificate);
      for (Workload workload : workloads) {
        if (workload.direct()) {
          note(cell.direct(workload));
        }
      }
      for (int round = 1; round <= settings.rounds(); round++) {
        List<Peer> order = new ArrayList<>(peers);
        Collections.rotate(order, -(round - 1));
        for (Workload workload : workloads) {
          if (round <= settings.rounds(workload)) {
            for (Peer peer : order) {
              if (serves(peer, workload)) {
                note(cell.proxy(round, workload, peer));
              }
            }
          }
        }
      }
    }
  }

  private void note(Result result) {
    if (Guarded.ending()) {
      return;
    }
    results.add(result);
    StringBuilder line = new StringBuilder();
    line.append(result.round()).append("  ");
    line.append("%-13s %-11s".formatted(result.workload().name(), result.peer()));
    for (Figure figure : result.workload().figures()) {
      Double value = result.values().get(figure);
      if (value != null && (figure != Figure.FAILED || value > 0)) {
        line.append("  ").append(figure.title()).append(' ').append(figure.show(value));
        line.append(figure.unit().isEmpty() ? "" : " " + figure.unit());
      }
    }
    @Nullable String error = result.error();
    out.println(error == null ? line : line + "  FAILED: " + error);
  }

  /** Also at Ctrl-C and SIGTERM: nothing of ours is left. */
  private void end(Path folder) {
    Guarded.endAll();
    load.forEach(LoadClient::close);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("weir bench: cannot remove " + folder + ": " + e.getMessage());
    }
  }
}

package io.weir.lab;

import io.weir.memory.census.Census;
import io.weir.memory.doctor.Finding;
import io.weir.memory.doctor.Verdict;
import io.weir.memory.doctor.Watch;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.ledger.Observer;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Three processes that RSS cannot tell apart: one leaks, one buffers, one merely keeps. */
final class LiesExperiment implements Experiment {
  static final List<String> NAMES = List.of("one leaks", "one buffers", "one keeps");
  static final List<Verdict> EXPECTED =
      List.of(Verdict.LEAK_SUSPECT, Verdict.BUFFERING, Verdict.RETAINED);

  private static final long RSS_BYTES = 300_000_000;
  private static final long RSS_BYTES_QUICK = 120_000_000;
  private static final long LEAK_BYTES_PER_SECOND = 2_000_000;
  private static final int BLOCK_BYTES = 1024;

  /** The doctor names no leak before 12 s, nor by fewer than 10 looks. */
  private static final int WATCH_SECONDS = 25;

  private static final int WATCH_SECONDS_QUICK = 13;
  private static final int LOOKS_MIN = 12;

  /** Of the watch, on a machine that is too slow for as many looks. */
  private static final int LONGER_FACTOR = 2;

  /** As good as never. */
  private static final long STALLED_RATE_BYTES = 1_000;

  private static final long SETTLE_MILLIS = 500;
  private static final int SETTLES_MAX = 60;

  @Override
  public String name() {
    return "rss-lies";
  }

  @Override
  public String claim() {
    return "RSS cannot tell a leak from a buffer from memory that is merely kept; the doctor can.";
  }

  @Override
  public Result run(Settings settings, Live live) throws IOException, InterruptedException {
    long bytes = settings.quick() ? RSS_BYTES_QUICK : RSS_BYTES;
    int seconds = settings.quick() ? WATCH_SECONDS_QUICK : WATCH_SECONDS;
    try (Load load = Load.start();
        Child leaks = Child.java(MallocChild.class, Map.of());
        Child buffers =
            Child.java(
                RelayChild.class,
                Map.of(),
                "unpiped",
                Integer.toString(load.port()),
                Long.toString(settings.chunkBytes()));
        Child keeps = Child.java(MallocChild.class, Map.of())) {
      int blocks = (int) (bytes / BLOCK_BYTES);
      long grows = seconds * LEAK_BYTES_PER_SECOND / 2;
      leaks.ask("alloc " + (bytes - grows) / BLOCK_BYTES + " " + BLOCK_BYTES);
      keeps.ask("alloc " + blocks + " " + BLOCK_BYTES);
      keeps.ask("free");
      int port = Integer.parseInt(buffers.hear().split(" ", -1)[1]);
      load.read(port, "/bytes/" + bytes, 1, STALLED_RATE_BYTES, 0);
      awaitQueued(buffers);
      leaks.ask("leak " + LEAK_BYTES_PER_SECOND + " " + BLOCK_BYTES);
      return watch(List.of(leaks, buffers, keeps), seconds, live);
    } catch (ObstacleException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Until the relay has read all that it will: what it holds is the same twice in a row. */
  private static void awaitQueued(Child relay) throws IOException, InterruptedException {
    long before = -1;
    long now = 0;
    for (int i = 0; i < SETTLES_MAX && (now == 0 || now != before); i++) {
      Thread.sleep(SETTLE_MILLIS);
      before = now;
      String[] stats = relay.ask("stats");
      now = Long.parseLong(stats[1]) - Long.parseLong(stats[2]);
    }
  }

  private Result watch(List<Child> children, int seconds, Live live)
      throws ObstacleException, InterruptedException {
    Live.Recorder rss =
        live.record("rss", "RSS of the three processes: which one leaks?", Trace.MB, NAMES);
    Live.Recorder used =
        live.silent("live", "Live in malloc, counted from outside", Trace.MB, NAMES);
    List<Observer> observers = new ArrayList<>();
    List<Watch> watches = new ArrayList<>();
    for (Child child : children) {
      observers.add(Observer.of(Target.of(child.pid()), false));
      watches.add(new Watch());
    }
    rss.phase("watch");
    used.phase("watch");
    double first = rss.seconds();
    while (goesOn(rss.seconds() - first, seconds, watches.getLast().size())) {
      long next = System.nanoTime() + 1_000_000_000L;
      long[] resident = new long[children.size()];
      long[] alive = new long[children.size()];
      for (int i = 0; i < children.size(); i++) {
        Look look = observers.get(i).look();
        Ledger ledger = Ledger.of(look);
        watches.get(i).add(look, ledger);
        resident[i] = ledger.rssBytes();
        alive[i] = look.census() instanceof Census.Counted counted ? counted.liveBytes() : -1;
      }
      if (rss.isEmpty()) {
        first = rss.seconds(); // the first look takes longest
      }
      rss.add(resident);
      used.add(alive);
      Thread.sleep(Math.max(1, (next - System.nanoTime()) / 1_000_000));
    }
    return result(rss.end(), used.end(), watches);
  }

  private static boolean goesOn(double watched, int seconds, int looks) {
    return watched < seconds || (looks < LOOKS_MIN && watched < LONGER_FACTOR * seconds);
  }

  private Result result(Trace rss, Trace live, List<Watch> watches) {
    List<Verdict> verdicts = new ArrayList<>();
    List<List<String>> table = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    table.add(List.of("", "RSS at the end", "live in malloc", "the doctor's verdict"));
    for (int i = 0; i < watches.size(); i++) {
      Finding finding = watches.get(i).judge().findings().getFirst();
      verdicts.add(finding.verdict());
      String name = NAMES.get(i);
      table.add(
          List.of(
              name,
              Units.mb(rss.last(name, "watch")),
              Units.mb(live.last(name, "watch")),
              finding.verdict().word()));
      remarks.add("Of the one that " + name.substring(4) + ": " + finding.sentence() + ".");
    }
    List<Trace> traces = List.of(rss, live);
    Outcome outcome = Claims.lies(rss, verdicts);
    return new Result(name(), claim(), outcome, traces, table, remarks, traces);
  }
}

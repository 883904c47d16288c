package io.weir.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The story's three steps: it grows, no collection helps, and nothing was leaked. They are about
 * the same transfer, which is made once, by whichever comes first.
 */
final class TransferExperiments {
  private @Nullable TransferRun jvm;
  private @Nullable TransferRun node;
  private @Nullable Settings made;

  /** All three, in order. */
  List<Experiment> all() {
    return List.of(
        new Step(
            "unpiped",
            "A relay that does not wait for its reader grows with the size of the body.") {
          @Override
          Result result(Settings settings, TransferRun run, @Nullable TransferRun other) {
            List<Trace> charts = new ArrayList<>(List.of(run.memory().without("gc", "trimmed")));
            List<String> remarks = new ArrayList<>();
            if (other != null) {
              charts.add(other.memory().without("gc"));
              remarks.add(said("Node.js", Claims.unpiped(other.memory(), settings.bodyBytes())));
            } else {
              remarks.add(NO_NODE);
            }
            List<Trace> traces = new ArrayList<>(List.of(run.memory()));
            if (other != null) {
              traces.add(other.memory());
            }
            Outcome outcome = Claims.unpiped(run.memory(), settings.bodyBytes());
            return new Result(name(), claim(), outcome, charts, List.of(), remarks, traces);
          }
        },
        new Step("gc", "Even a forced garbage collection leaves most of it in RSS.") {
          @Override
          Result result(Settings settings, TransferRun run, @Nullable TransferRun other) {
            List<Trace> charts = new ArrayList<>(List.of(run.memory()));
            List<String> remarks = new ArrayList<>();
            if (other != null) {
              charts.add(other.memory());
              remarks.add(
                  said("Node.js", Claims.collected(other.memory(), other.collections()))
                      + " Here chunks belong to the collector: until it runs they are live.");
            } else {
              remarks.add(NO_NODE);
            }
            Outcome outcome = Claims.collected(run.memory(), run.collections());
            return new Result(name(), claim(), outcome, charts, List.of(), remarks, charts);
          }
        },
        new Step("counted", "Every buffer was freed: it is no leak.") {
          @Override
          Result result(Settings settings, TransferRun run, @Nullable TransferRun other) {
            Outcome outcome = Claims.counted(run.counts(), run.memory());
            List<Trace> charts = List.of(run.counts().without("gc", "trimmed"));
            return new Result(
                name(), claim(), outcome, charts, List.of(), List.of(), List.of(run.counts()));
          }
        });
  }

  private static final String NO_NODE =
      "Node.js is not on PATH, so its half was skipped (Debian: apt-get install nodejs).";

  private static String said(String who, Outcome outcome) {
    String words = outcome.verdict().words().toLowerCase(Locale.ROOT);
    return who + ": " + words + ": " + outcome.number() + ".";
  }

  /** One of the three. */
  private abstract class Step implements Experiment {
    private final String name;
    private final String claim;

    Step(String name, String claim) {
      this.name = name;
      this.claim = claim;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String claim() {
      return claim;
    }

    abstract Result result(Settings settings, TransferRun run, @Nullable TransferRun other);

    @Override
    public Result run(Settings settings, Live live) throws IOException, InterruptedException {
      TransferRun own = settings.equals(made) ? jvm : null;
      if (own == null) {
        own = TransferRun.inJvm(settings, live);
        node = nodeOnPath() ? TransferRun.inNode(settings, live) : null;
        jvm = own;
        made = settings;
      } else {
        live.say("  of the transfer above");
      }
      if (own.failed() > 0) {
        throw new IOException("the reader's transfer broke");
      }
      return result(settings, own, node);
    }
  }

  private static boolean nodeOnPath() {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(":", -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, "node"))) {
        return true;
      }
    }
    return false;
  }
}

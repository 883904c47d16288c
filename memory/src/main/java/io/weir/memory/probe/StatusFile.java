package io.weir.memory.probe;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code /proc/PID/status}, proc_pid_status(5), and the link {@code exe}. No privilege needed. */
public final class StatusFile {
  /** Far more than any kernel writes. */
  private static final int LINES_MAX = 256;

  private StatusFile() {}

  /**
   * What it tells now. Some 50 µs; any thread, but no event loop.
   *
   * @throws ObstacleException where the process has ended, or the file may not be read
   */
  public static ProcessStatus read(Target target) throws ObstacleException {
    try {
      return read(target.file("status")).toStatus(executable(target));
    } catch (AccessDeniedException e) {
      throw new ObstacleException(
          Obstacle.NOT_PERMITTED, e.getFile() + " may not be read", target.permitRemedy());
    } catch (UnexpectedTextException e) {
      throw new ObstacleException(Obstacle.OTHER_LAYOUT, String.valueOf(e.getMessage()), "");
    } catch (IOException e) {
      throw new ObstacleException(
          Obstacle.ENDED, "process " + target.pid() + " ended while it was looked at", "");
    }
  }

  private static String executable(Target target) {
    try {
      return ProcText.printable(Files.readSymbolicLink(target.file("exe")).toString());
    } catch (IOException e) {
      return "";
    }
  }

  static Fields read(Path file) throws IOException {
    try (ProcText text = ProcText.open(file)) {
      return parse(text);
    }
  }

  static Fields parse(ProcText text) throws IOException {
    Fields fields = new Fields();
    for (int i = 0; i < LINES_MAX && text.nextLine(); i++) {
      fields.take(text);
    }
    return fields;
  }

  /** The lines that matter, 0 where they are not there. */
  static final class Fields {
    private String name = "";
    private long tgid;
    private int uid = -1;
    private int threads;
    private int fdSlots;
    private boolean memory;
    private long rss;
    private long rssPeak;
    private long rssAnon;
    private long rssFile;
    private long rssShmem;
    private long pageTables;
    private long swap;

    private void take(ProcText text) throws UnexpectedTextException {
      if (text.peek() == 'V' || text.peek() == 'R') {
        takeMemory(text);
      } else if (text.skip("Name:")) {
        text.skipBlanks();
        name = text.rest();
      } else if (text.skip("Tgid:")) {
        tgid = text.decimal();
      } else if (text.skip("Uid:")) {
        text.decimal();
        // (uid_t) -1 is valid as an unsigned number
        uid = (int) text.decimal();
      } else if (text.skip("Threads:")) {
        threads = (int) Math.min(Integer.MAX_VALUE, text.decimal());
      } else if (text.skip("FDSize:")) {
        fdSlots = (int) Math.min(Integer.MAX_VALUE, text.decimal());
      }
    }

    private void takeMemory(ProcText text) throws UnexpectedTextException {
      if (text.skip("VmSize:")) {
        memory = true;
      } else if (text.skip("VmRSS:")) {
        rss = text.kibibytes();
      } else if (text.skip("VmHWM:")) {
        rssPeak = text.kibibytes();
      } else if (text.skip("RssAnon:")) {
        rssAnon = text.kibibytes();
      } else if (text.skip("RssFile:")) {
        rssFile = text.kibibytes();
      } else if (text.skip("RssShmem:")) {
        rssShmem = text.kibibytes();
      } else if (text.skip("VmPTE:")) {
        pageTables = text.kibibytes();
      } else if (text.skip("VmSwap:")) {
        swap = text.kibibytes();
      }
    }

    String name() {
      return name;
    }

    long tgid() {
      return tgid;
    }

    /** Slots of its descriptor table: no descriptor is as large. */
    int fdSlots() {
      return fdSlots;
    }

    int uid() {
      return uid;
    }

    boolean hasMemory() {
      return memory;
    }

    ProcessStatus toStatus(String executable) {
      return new ProcessStatus(
          name,
          executable,
          uid,
          threads,
          rss,
          rssPeak,
          rssAnon,
          rssFile,
          rssShmem,
          pageTables,
          swap);
    }
  }
}

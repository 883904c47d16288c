package io.weir.bench;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A process and all that it has started, seen in /proc (proc(5)). */
final class ProcessTree {
  /** Clock ticks a second of times in /proc: USER_HZ, 100 wherever Java runs on Linux. */
  private static final double TICKS_PER_SECOND = 100;

  // Fields of /proc/PID/stat, counted from the one behind the name.
  private static final int STATE = 0;
  private static final int PARENT = 1;
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int USER_OF_CHILDREN = 13;
  private static final int SYSTEM_OF_CHILDREN = 14;

  private ProcessTree() {}

  /** The root and its living descendants; empty if it has ended. */
  static List<Long> of(long root) throws IOException {
    Map<Long, List<Long>> children = new HashMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : all) {
        long pid = Long.parseLong(process.getFileName().toString());
        String[] stat = stat(pid);
        if (stat.length > PARENT) {
          long parent = Long.parseLong(stat[PARENT]);
          children.computeIfAbsent(parent, _ -> new ArrayList<>()).add(pid);
        }
      }
    }
    List<Long> found = new ArrayList<>();
    Deque<Long> next = new ArrayDeque<>(alive(root) ? List.of(root) : List.of());
    while (!next.isEmpty()) {
      long pid = next.remove();
      found.add(pid);
      next.addAll(children.getOrDefault(pid, List.of()));
    }
    return found;
  }

  /** Whether it runs; a zombie does not. */
  static boolean alive(long pid) {
    String[] stat = stat(pid);
    return stat.length > 0 && !stat[STATE].equals("Z") && !stat[STATE].equals("X");
  }

  /** Seconds of CPU of these processes and their children that have ended. */
  static double cpuSeconds(List<Long> pids) {
    double seconds = 0;
    for (long pid : pids) {
      String[] stat = stat(pid);
      if (stat.length > SYSTEM_OF_CHILDREN) {
        long own = Long.parseLong(stat[USER]) + Long.parseLong(stat[SYSTEM]);
        long ended =
            Long.parseLong(stat[USER_OF_CHILDREN]) + Long.parseLong(stat[SYSTEM_OF_CHILDREN]);
        seconds += Math.max(own / TICKS_PER_SECOND, scheduledSeconds(pid));
        seconds += ended / TICKS_PER_SECOND;
      }
    }
    return seconds;
  }

  /**
   * What the threads that live have run, to the nanosecond; ticks are steps of 10 ms, but know the
   * threads that have ended too. So the larger of the two is nearer.
   */
  private static double scheduledSeconds(long pid) {
    long nanos = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads) {
        String line = Files.readString(thread.resolve("schedstat"));
        nanos += Long.parseLong(line, 0, line.indexOf(' '), 10);
      }
    } catch (IOException | DirectoryIteratorException e) {
      return 0; // a thread has ended meanwhile: the ticks will do
    }
    return nanos / 1e9;
  }

  /**
   * Bytes resident of one proxy's processes: all of the largest, and of the others what is theirs
   * alone. So what workers share with their master counts once. The proportional share (Pss) would
   * be less for a proxy whose libraries happen to be mapped by other programs too.
   */
  static long residentBytes(List<Long> pids) {
    long largest = 0;
    long privateOfLargest = 0;
    long privateOfAll = 0;
    for (long pid : pids) {
      Path rollup = Path.of("/proc/" + pid + "/smaps_rollup");
      long all = kibibytes(status(pid), "VmRSS:");
      long own = kibibytes(rollup, "Private_Clean:") + kibibytes(rollup, "Private_Dirty:");
      own = own < 0 ? all : own;
      privateOfAll += own;
      if (all > largest) {
        largest = all;
        privateOfLargest = own;
      }
    }
    return (largest + privateOfAll - privateOfLargest) * 1024;
  }

  /** Seconds that all cores together were busy since the machine started. */
  static double machineCpuSeconds() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1);
    long ticks = 0;
    for (int i : new int[] {1, 2, 3, 6, 7}) { // user nice system - - irq softirq
      ticks += Long.parseLong(fields[i]);
    }
    return ticks / TICKS_PER_SECOND;
  }

  private static Path status(long pid) {
    return Path.of("/proc/" + pid + "/status");
  }

  private static long kibibytes(Path file, String name) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(name)) {
          String value = line.substring(name.length()).strip();
          return Long.parseLong(value, 0, value.indexOf(' '), 10);
        }
      }
    } catch (IOException e) {
      // It has ended, or may not be looked at.
    }
    return -1;
  }

  /** The fields behind the name, which itself may hold anything; none if the process has ended. */
  private static String[] stat(long pid) {
    try {
      String line = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return line.substring(line.lastIndexOf(')') + 2).strip().split(" ", -1);
    } catch (IOException e) {
      return new String[0];
    }
  }
}

package io.weir.memory.probe;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The threads of a process and where their stacks are: {@code /proc/PID/task}, and the stack
 * pointer that {@code syscall} shows of a thread that waits, proc_pid_syscall(5). That needs
 * PTRACE_MODE_ATTACH. A thread that runs just then shows none.
 */
public final class Threads {
  /** Two small files each, some 40 µs. */
  static final int THREADS_MAX = 10_000;

  private Threads() {}

  /**
   * The threads now.
   *
   * @throws ObstacleException where the process has ended
   */
  public static Reading<List<ThreadRow>> read(Target target) throws ObstacleException {
    long from = System.nanoTime();
    List<ThreadRow> rows = new ArrayList<>();
    boolean refused = false;
    boolean more = false;
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(target.file("task"))) {
      for (Path task : tasks) {
        if (rows.size() == THREADS_MAX) {
          more = true;
          break;
        }
        refused |= add(rows, task);
      }
      target.requireAlive();
    } catch (ObstacleException e) {
      throw e;
    } catch (DirectoryIteratorException e) {
      return target.unseen("the threads", e, System.nanoTime() - from);
    } catch (IOException e) {
      return target.unseen("the threads", e, System.nanoTime() - from);
    }
    long cost = System.nanoTime() - from;
    if (refused) {
      return new Reading<>(
          List.copyOf(rows),
          "where the stacks of process " + target.pid() + " are cannot be seen: the kernel does not"
              + " permit to attach to it",
          target.attachRemedy(),
          cost);
    }
    String unseen = more ? "only the first " + THREADS_MAX + " threads were looked at" : "";
    return new Reading<>(List.copyOf(rows), unseen, "", cost);
  }

  /** Adds a thread; true where its stack may not be seen. */
  private static boolean add(List<ThreadRow> rows, Path task) {
    int tid;
    try {
      tid = Integer.parseInt(task.getFileName().toString());
    } catch (NumberFormatException e) {
      return false;
    }
    String name = ProcText.firstLine(task.resolve("comm"));
    if (name == null) {
      return false;
    }
    try (ProcText text = ProcText.open(task.resolve("syscall"))) {
      rows.add(new ThreadRow(tid, name, text.nextLine() ? stackPointer(text) : 0));
      return false;
    } catch (IOException e) {
      rows.add(new ThreadRow(tid, name, 0));
      return Target.isRefusal(e);
    }
  }

  /** The last word but one; 0 for {@code running}, or where the line is another. */
  static long stackPointer(ProcText text) {
    long last = 0;
    long lastButOne = 0;
    try {
      text.skipWords(1);
      while (true) {
        text.skipBlanks();
        if (!text.skip("0x")) {
          return text.atEnd() ? lastButOne : 0;
        }
        lastButOne = last;
        last = text.hex();
      }
    } catch (UnexpectedTextException e) {
      return 0;
    }
  }
}

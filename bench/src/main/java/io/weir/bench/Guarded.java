package io.weir.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A proxy's process that cannot outlive the bench.
 *
 * <p>Between the two is a shell that waits for its standard input to end. That happens when the
 * bench closes it, when it exits, and also when it is killed, where no hook of the JVM runs:
 *
 * <pre>
 *   bench --(pipe)--> sh: starts the proxy, prints its pid, reads --end--> SIGTERM to the proxy
 *                      '--> proxy (in a cgroup of its own, if there is one) --> its workers
 * </pre>
 *
 * <p>The shell ignores Ctrl-C, which a terminal sends to all of them at once.
 */
public final class Guarded implements AutoCloseable {
  private static final String GUARD =
      """
      trap '' INT
      log=$1
      cgroup=$2
      shift 2
      : >"$log"
      (
        [ -z "$cgroup" ] || echo 0 >"$cgroup/cgroup.procs"
        exec "$@"
      ) </dev/null >"$log" 2>&1 &
      child=$!
      echo "$child"
      read -r line
      kill "$child" 2>/dev/null
      wait "$child"
      [ -z "$cgroup" ] || rmdir "$cgroup" 2>/dev/null
      """;

  private static final long TERM_SECONDS_MAX = 5;
  private static final long KILL_SECONDS_MAX = 10;
  private static final List<Guarded> LIVE = new ArrayList<>();
  private static boolean ending;

  private final Process guard;
  private final long pid;

  private Guarded(Process guard, long pid) {
    this.guard = guard;
    this.pid = pid;
  }

  /**
   * Starts a proxy.
   *
   * @param log for its standard output and error
   * @param cgroup folder of its cgroup, or null
   * @throws IOException if it cannot be started, or the bench is ending
   */
  public static Guarded start(
      List<String> command, Map<String, String> environment, Path log, @Nullable Path cgroup)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("/bin/sh", "-c", GUARD, "guard", log.toString()));
    all.add(cgroup == null ? "" : cgroup.toString());
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    synchronized (LIVE) {
      if (ending) {
        throw new IOException("the bench is ending");
      }
      Process guard = builder.start();
      Guarded started = new Guarded(guard, readPid(guard));
      LIVE.add(started);
      return started;
    }
  }

  @SuppressWarnings("resource") // the stream is the process' own, and closed with it
  private static long readPid(Process guard) throws IOException {
    BufferedReader said =
        new BufferedReader(
            new InputStreamReader(guard.getInputStream(), StandardCharsets.US_ASCII));
    String line = said.readLine();
    if (line == null) {
      guard.destroyForcibly();
      throw new IOException("the shell that guards a proxy has ended at once");
    }
    return Long.parseLong(line);
  }

  /** The proxy's pid, not the shell's. */
  public long pid() {
    return pid;
  }

  /** Whether the proxy runs. */
  public boolean alive() {
    return ProcessTree.alive(pid);
  }

  /** Ends the proxy and all that it has started: SIGTERM, and SIGKILL where that is not enough. */
  @Override
  public void close() {
    List<ProcessHandle> family = new ArrayList<>();
    ProcessHandle.of(pid)
        .ifPresent(
            root -> {
              family.add(root);
              root.descendants().forEach(family::add);
            });
    try {
      guard.getOutputStream().close();
    } catch (IOException e) {
      // The shell has ended, and so cannot be told.
    }
    if (!ended(TERM_SECONDS_MAX) || family.stream().anyMatch(ProcessHandle::isAlive)) {
      family.forEach(ProcessHandle::destroyForcibly);
      family.forEach(Guarded::awaitEnd);
      if (!ended(KILL_SECONDS_MAX)) {
        guard.destroyForcibly();
      }
    }
    synchronized (LIVE) {
      LIVE.remove(this);
    }
  }

  private static void awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(KILL_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // It hangs in the kernel: there is no more that could be done.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean ended(long secondsMax) {
    try {
      return guard.waitFor(secondsMax, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Whether the bench is ending, so that what fails now fails for that. */
  public static boolean ending() {
    synchronized (LIVE) {
      return ending;
    }
  }

  /** Ends all of them, and lets no other be started. */
  public static void endAll() {
    List<Guarded> all;
    synchronized (LIVE) {
      ending = true;
      all = List.copyOf(LIVE);
    }
    all.forEach(Guarded::close);
  }
}

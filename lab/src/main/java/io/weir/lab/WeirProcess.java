package io.weir.lab;

import io.weir.bench.Cgroup;
import io.weir.bench.Guarded;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The packaged Weir as a process, started by the launcher as a user would. */
final class WeirProcess implements AutoCloseable {
  private static final String LAUNCHER = System.getProperty("weir.launcher", "./weir");

  /** The launcher may have to build it first. */
  private static final long START_SECONDS_MAX = 300;

  private static final long POLL_MILLIS = 50;

  private final Guarded process;
  private final int port;
  private final Path log;

  private WeirProcess(Guarded process, int port, Path log) {
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /** Starts it in front of an origin, and waits until it listens. */
  static WeirProcess start(int originPort, @Nullable Cgroup cgroup, List<String> options)
      throws IOException, InterruptedException {
    int port = freePort();
    List<String> command = new ArrayList<>(List.of(LAUNCHER, "serve", "--quiet", "--no-admin"));
    command.addAll(List.of("--to", "http://127.0.0.1:" + originPort));
    command.addAll(List.of("--listen", "127.0.0.1:" + port));
    command.addAll(options);
    Path log = Files.createTempFile("weir-lab", ".log");
    log.toFile().deleteOnExit();
    Guarded process =
        Guarded.start(command, Map.of(), log, cgroup == null ? null : cgroup.folder());
    WeirProcess weir = new WeirProcess(process, port, log);
    try {
      weir.awaitListening();
      Files.deleteIfExists(log); // it is needed for a start that fails
      return weir;
    } catch (IOException | InterruptedException e) {
      weir.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitListening() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_SECONDS_MAX * 1_000_000_000L;
    while (!listens()) {
      if (!process.alive()) {
        throw new IOException("Weir has ended: " + Files.readString(log).strip());
      }
      if (System.nanoTime() > deadline) {
        throw new IOException("Weir does not listen after " + START_SECONDS_MAX + " s");
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private boolean listens() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  long pid() {
    return process.pid();
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.close();
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      // It is a temporary file.
    }
  }
}

package io.weir.scenarios;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another people's server on a port of this machine, for the length of a scenario. */
final class Server implements AutoCloseable {
  private static final long LOOK_MILLIS = 20;
  private static final int CONNECT_MILLIS = 1_000;

  private final Process process;
  private final int port;

  private Server(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** A port that nobody uses at this moment. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /**
   * Starts one, and waits until it listens; skips the scenario where it is not installed.
   *
   * @param log where it writes
   * @param command with the port in it
   */
  static Server start(int port, Path log, String... command) throws Exception {
    Commands.assumeInstalled(command[0]);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Server server = new Server(process, port);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.WAIT_SECONDS_MAX);
    while (!server.listens()) {
      if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new AssertionError(List.of(command) + " does not listen:\n" + Files.readString(log));
      }
    }
    return server;
  }

  /** The same command, by nobody where we are root: a database may not be run by root. */
  static String[] byNobody(String... command) {
    if (!"root".equals(System.getProperty("user.name"))) {
      return command;
    }
    List<String> all =
        new ArrayList<>(
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
    all.addAll(List.of(command));
    return all.toArray(String[]::new);
  }

  int port() {
    return port;
  }

  private boolean listens() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }
}

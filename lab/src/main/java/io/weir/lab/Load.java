package io.weir.lab;

import io.weir.bench.LoadProcess;
import java.io.IOException;
import java.util.Map;

/** The origin and the readers, each a process of its own: the bench's. */
final class Load implements AutoCloseable {
  private final Child origin;
  private final Child readers;
  private final int port;
  private final int smallPort;

  private Load(Child origin, Child readers) throws IOException {
    this.origin = origin;
    this.readers = readers;
    String[] ports = origin.hear().split(" ", -1);
    this.port = Integer.parseInt(ports[1]);
    this.smallPort = Integer.parseInt(ports[2]);
  }

  static Load start() throws IOException {
    Child origin = Child.java(LoadProcess.class, Map.of(), "origin");
    try {
      Child readers = Child.java(LoadProcess.class, Map.of(), "readers");
      return new Load(origin, readers);
    } catch (IOException e) {
      origin.close();
      throw e;
    }
  }

  /** Of the origin. */
  int port() {
    return port;
  }

  /** Of the same origin with small send buffers, so that what the kernel holds is the relay's. */
  int smallPort() {
    return smallPort;
  }

  /** Starts readers of one path; returns their number. */
  String read(int relayPort, String path, int count, long rate, int receiveBytes)
      throws IOException {
    return readers
        .ask(
            "readers %d %s %d %d %d once plain"
                .formatted(relayPort, path, count, rate, receiveBytes))[1];
  }

  /**
   * How far readers are.
   *
   * @param bytes that came and were right
   * @param failed readers
   */
  record Progress(long bytes, long failed) {}

  Progress progress(String number) throws IOException {
    return parse(readers.ask("mark " + number));
  }

  /** Ends these readers. */
  Progress stop(String number) throws IOException {
    return parse(readers.ask("stop " + number));
  }

  private static Progress parse(String... mark) {
    return new Progress(Long.parseLong(mark[2]), Long.parseLong(mark[4]));
  }

  @Override
  public void close() {
    readers.close();
    origin.close();
  }
}

package io.weir.bench;

import io.weir.load.SelfSigned;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where and for how much a proxy is to run.
 *
 * @param folder of its own, for its configuration and whatever it writes
 * @param port to listen on, at 127.0.0.1
 * @param originPort where the origin is
 * @param connections of clients at once that it must be able to serve
 * @param cores of this machine
 * @param descriptorsMax that a process may have open
 * @param weirOptions more options of {@code weir serve}
 * @param entrance what it is to listen for
 * @param certificate where that is TLS, or null
 */
record Site(
    Path folder,
    int port,
    int originPort,
    int connections,
    int cores,
    long descriptorsMax,
    List<String> weirOptions,
    Entrance entrance,
    @Nullable SelfSigned certificate) {
  private static final int CONNECTIONS_USUAL = 8_000;
  private static final int SPARE_CONNECTIONS = 1_000;

  /**
   * Connections that HAProxy is given room for, ample even where few come: it keeps no idle
   * connection to the origin while more than a fifth of its descriptors are in use
   * (tune.pool-low-fd-ratio), and then opens one for each request, at three times the CPU.
   */
  int connectionsMax() {
    long usual = Math.min(CONNECTIONS_USUAL, descriptorsMax / 2 - SPARE_CONNECTIONS);
    return (int) Math.max(connections + 100L, usual);
  }

  /** The same for another way in. */
  Site at(Entrance other) {
    return new Site(
        folder,
        port,
        originPort,
        connections,
        cores,
        descriptorsMax,
        weirOptions,
        other,
        certificate);
  }

  /** The certificate's file of its own kind, or a name for it where none is needed. */
  String pem(Function<SelfSigned, Path> kind) {
    return certificate == null ? "CERTIFICATE" : kind.apply(certificate).toString();
  }

  Path file(String name) {
    return folder.resolve(name);
  }
}

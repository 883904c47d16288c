package io.weir.bench;

import java.nio.file.Path;
import java.util.List;

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
 */
record Site(
    Path folder,
    int port,
    int originPort,
    int connections,
    int cores,
    long descriptorsMax,
    List<String> weirOptions) {

  Path file(String name) {
    return folder.resolve(name);
  }
}

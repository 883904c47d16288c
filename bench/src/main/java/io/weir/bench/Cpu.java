package io.weir.bench;

import java.io.IOException;
import java.util.List;

/**
 * CPU seconds so far.
 *
 * @param proxy of its processes
 * @param origin of the origin's process
 * @param readers of the readers' process
 * @param bench of the bench itself
 * @param machine of all there is
 */
record Cpu(double proxy, double origin, double readers, double bench, double machine) {
  static Cpu read(List<Long> proxy, long origin, long readers) throws IOException {
    return new Cpu(
        ProcessTree.cpuSeconds(proxy),
        ProcessTree.cpuSeconds(List.of(origin)),
        ProcessTree.cpuSeconds(List.of(readers)),
        ProcessTree.cpuSeconds(List.of(ProcessHandle.current().pid())),
        ProcessTree.machineCpuSeconds());
  }

  Cpu since(Cpu before) {
    return new Cpu(
        proxy - before.proxy,
        origin - before.origin,
        readers - before.readers,
        bench - before.bench,
        machine - before.machine);
  }

  /** What none of those that belong to the bench used. */
  double foreign() {
    return machine - proxy - origin - readers - bench;
  }
}

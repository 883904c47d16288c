package io.weir.memory.ledger;

import io.weir.memory.census.Census;
import io.weir.memory.census.HeapCensus;
import io.weir.memory.probe.Cgroup;
import io.weir.memory.probe.Descriptors;
import io.weir.memory.probe.JvmProbe;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.NodeProbe;
import io.weir.memory.probe.NodeUse;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Pipes;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.Smaps;
import io.weir.memory.probe.Sockets;
import io.weir.memory.probe.StatusFile;
import io.weir.memory.probe.Target;
import io.weir.memory.probe.Threads;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a process, again and again. Not safe for use by several threads at once; not for an
 * event loop, since a look reads many files.
 */
public final class Observer {
  /** A runtime is asked again only after so many times of what the asking cost. */
  private static final int ASK_PAUSE_FACTOR = 10;

  private final Target target;
  private final boolean attach;
  private @Nullable Reading<JvmUse> jvm;
  private long jvmAtNanos;

  private Observer(Target target, boolean attach) {
    this.target = target;
    this.attach = attach;
  }

  /**
   * An observer of a process.
   *
   * @param attach may a JVM be asked about itself? It answers on a thread of its own
   */
  public static Observer of(Target target, boolean attach) {
    return new Observer(target, attach);
  }

  /**
   * Looks once. The census and the mappings come first and next to each other, since they have to
   * agree.
   *
   * @throws ObstacleException where the process has ended
   */
  public Look look() throws ObstacleException {
    Reading<JvmUse> runtime = jvm();
    long nowNanos = System.nanoTime();
    Census census = HeapCensus.take(target);
    Reading<MemoryUse> memory = Smaps.read(target);
    Descriptors descriptors = Descriptors.read(target);
    MemoryUse seen = memory.value();
    Reading<NodeUse> node = seen == null ? Reading.none() : NodeProbe.read(target, seen);
    Look look =
        new Look(
            target.pid(),
            nowNanos,
            StatusFile.read(target),
            memory,
            Threads.read(target),
            descriptors.use(),
            Cgroup.read(target),
            Sockets.read(target, descriptors),
            Pipes.read(target, descriptors),
            census,
            runtime,
            node);
    target.requireAlive();
    return look;
  }

  private Reading<JvmUse> jvm() {
    Reading<JvmUse> known = jvm;
    if (known != null
        && System.nanoTime() - jvmAtNanos < known.costNanos() * ASK_PAUSE_FACTOR) {
      return known;
    }
    Reading<JvmUse> asked = JvmProbe.read(target, attach);
    jvm = asked;
    jvmAtNanos = System.nanoTime();
    return asked;
  }
}

package io.weir.relay.loop;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The loops of one listener's work: on Linux over epoll, elsewhere over NIO. Any thread. */
public final class LoopGroup implements AutoCloseable {
  private static final long CLOSE_SECONDS_MAX = 5;

  private final Group group;
  private final boolean raw;
  private final List<Loop> loops = new ArrayList<>();

  /**
   * Starts {@code threads} loops.
   *
   * @param name prefix of the threads' names
   * @param allowRaw false keeps every socket a Netty NIO channel, as on systems without epoll
   * @param faults where the loops report exceptions of ours
   */
  public LoopGroup(String name, int threads, boolean allowRaw, Faults faults) {
    raw = allowRaw && rawAvailable();
    IoHandlerFactory io = raw ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    group = new Group(name, threads, io, faults);
    group.forEach(loop -> loops.add((Loop) loop));
    loops.forEach(Loop::startSweep);
  }

  /** Whether this system has what raw descriptors need: Linux, epoll, and the native library. */
  public static boolean rawAvailable() {
    return System.getProperty("os.name", "").equals("Linux") && Epoll.isAvailable();
  }

  /** Whether endpoints of these loops are raw descriptors. */
  public boolean raw() {
    return raw;
  }

  public List<Loop> loops() {
    return loops;
  }

  /** Closes every descriptor that is still registered and ends the threads. Waits up to 5 s. */
  @Override
  public void close() {
    group
        .shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS)
        .awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
  }

  private static final class Group extends MultiThreadIoEventLoopGroup {
    Group(String name, int threads, IoHandlerFactory io, Faults faults) {
      super(threads, new DefaultThreadFactory(name, true), io, faults);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory io, Object... args) {
      return new Loop(this, executor, io, (Faults) args[0]);
    }
  }
}

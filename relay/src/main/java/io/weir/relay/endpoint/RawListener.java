package io.weir.relay.endpoint;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.weir.relay.budget.WindowSizes;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.LoopGroup;
import io.weir.relay.loop.Turn;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One listening descriptor, watched by every loop.
 *
 * <p>EPOLLEXCLUSIVE wakes one loop for a new connection (epoll_ctl(2)); that loop accepts, and
 * hands the connection to the loop with the fewest if its own has clearly more. With a socket for
 * each loop (SO_REUSEPORT) the kernel would spread by hash, so that of 16 big downloads 12 may meet
 * on one core; and a second process could bind the same port unnoticed.
 */
final class RawListener implements Listener {
  private static final int IN = 0x1;
  private static final int EDGE_TRIGGERED = 1 << 31;
  private static final int EXCLUSIVE = 1 << 28;
  private static final EpollIoOps ACCEPTING = EpollIoOps.valueOf(IN | EXCLUSIVE | EDGE_TRIGGERED);

  /** Connections taken in one turn before others have theirs. */
  private static final int ACCEPTS_PER_TURN_MAX = 64;

  /** How much fuller this loop may be than the emptiest before it hands connections over. */
  private static final int IMBALANCE_MAX = 2;

  /** What is read of a request that is refused unseen. */
  private static final int REFUSED_BYTES_MAX = 64 * 1024;

  /** Pause after an accept that failed for want of memory or descriptors. */
  private static final long RETRY_MILLIS = 100;

  private static final System.Logger LOG = System.getLogger("io.weir");

  private final int fd;
  private final InetSocketAddress address;
  private final Acceptor acceptor;
  private final List<Loop> loops;
  private final List<Watch> watches = new ArrayList<>();
  private final AtomicInteger watching = new AtomicInteger();
  private final AtomicBoolean open = new AtomicBoolean(true);
  private final AtomicBoolean wantLogged = new AtomicBoolean();

  /** Loops that have closed their spare descriptor to refuse with, and not yet got one again. */
  private final AtomicInteger sparesLent = new AtomicInteger();

  private RawListener(int fd, InetSocketAddress address, Acceptor acceptor, List<Loop> loops) {
    this.fd = fd;
    this.address = address;
    this.acceptor = acceptor;
    this.loops = loops;
  }

  /**
   * Binds and starts accepting.
   *
   * @throws BindException with the system's reason, if the address cannot be had
   */
  static RawListener listen(LoopGroup group, InetSocketAddress address, Acceptor acceptor)
      throws IOException {
    int fd = Libc.socket(SocketAddresses.family(address.getAddress()));
    if (fd < 0) {
      throw new IOException("no socket: error " + -fd);
    }
    Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
    boundFirstWindow(fd);
    if (SocketAddresses.family(address.getAddress()) == Libc.AF_INET6) {
      // [::] takes IPv4 too, whatever bindv6only says (ipv6(7)).
      Libc.setOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 0);
    }
    int result = Libc.bind(fd, SocketAddresses.encode(address));
    if (result == 0) {
      result = Libc.listen(fd, acceptor.backlog());
    }
    if (result < 0) {
      Libc.close(fd);
      throw new BindException(describe(result));
    }
    RawListener listener = new RawListener(fd, SocketAddresses.local(fd), acceptor, group.loops());
    listener.start();
    return listener;
  }

  /**
   * What a connection may hold before it is accepted: they inherit both sizes. Locked, the receive
   * buffer would leave their windows without a scale for life.
   */
  private static void boundFirstWindow(int fd) {
    WindowSizes sizes = KernelLimits.sizes();
    SocketBuffers.send(fd, sizes.sendBytes(0) / 2);
    SocketBuffers.receive(fd, sizes.receiveBytes(0) / 2);
    Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_BUF_LOCK, Libc.SEND_LOCK);
  }

  private static String describe(int result) {
    return switch (result) {
      case Libc.EADDRINUSE -> "the port is in use";
      case Libc.EADDRNOTAVAIL -> "this machine does not have that address";
      case Libc.EACCES -> "ports below 1024 need CAP_NET_BIND_SERVICE";
      default -> "error " + -result + " of bind(2)";
    };
  }

  private void start() {
    watching.set(loops.size());
    loops.forEach(loop -> watches.add(new Watch(loop)));
    watches.forEach(watch -> watch.loop.execute(watch::register));
  }

  @Override
  public InetSocketAddress address() {
    return address;
  }

  @Override
  public void close() {
    if (!open.compareAndSet(true, false)) {
      return;
    }
    for (Watch watch : watches) {
      try {
        watch.loop.execute(watch::cancel);
      } catch (RejectedExecutionException loopHasEnded) {
        watch.cancel();
      }
    }
  }

  /** One loop's view of the descriptor. Confined to that loop. */
  private final class Watch implements EpollIoHandle, Turn {
    private final Loop loop;
    private final FileDescriptor descriptor = new FileDescriptor(fd);
    private final byte[] address = new byte[SocketAddresses.BYTES_MAX];
    private final int[] length = new int[1];
    private final MemorySegment addressSegment = MemorySegment.ofArray(address);
    private final MemorySegment lengthSegment = MemorySegment.ofArray(length);
    private @Nullable IoRegistration registration;

    private boolean retryWaits;

    /** A descriptor in hand, so that there is one to refuse with when all others are used. */
    private int spareFd = Libc.socket(Libc.AF_INET);

    private boolean spareLent;

    Watch(Loop loop) {
      this.loop = loop;
    }

    void register() {
      if (open.get()) { // else cancel() follows
        IoRegistration fresh = loop.register(this).getNow();
        registration = fresh;
        fresh.submit(ACCEPTING);
      }
    }

    /** Leaves this loop's epoll while the number is still ours; the last to leave closes it. */
    void cancel() {
      if (registration != null) {
        registration.cancel();
      }
      if (spareFd >= 0) {
        Libc.close(spareFd);
        spareFd = -1;
      }
      if (watching.decrementAndGet() == 0) {
        Libc.close(fd);
      }
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
      acceptAll();
    }

    private void acceptAll() {
      try {
        turn();
      } catch (Throwable t) {
        loop.faults().record(t);
      }
    }

    @Override
    public void turn() {
      for (int i = 0; i < ACCEPTS_PER_TURN_MAX; i++) {
        if (!open.get()) {
          return;
        }
        length[0] = address.length;
        int accepted = Libc.accept(fd, addressSegment, lengthSegment);
        if (accepted >= 0 && sparesLent.get() > 0) {
          refuse(accepted); // with the descriptor that another loop has let go to refuse one itself
        } else if (accepted >= 0) {
          place(accepted, SocketAddresses.decode(address));
        } else if (accepted == Libc.EAGAIN) {
          return;
        } else if (accepted == Libc.EMFILE || accepted == Libc.ENFILE) {
          if (!refuseOne()) {
            retryLater();
            return;
          }
        } else if (accepted != Libc.ECONNABORTED) {
          // Errors of the new connection come out of accept too (accept(2)); want of memory passes.
          retryLater();
          return;
        }
      }
      loop.giveWay(this);
    }

    private void retryLater() {
      if (!retryWaits) {
        retryWaits = true;
        var _ = loop.schedule(this::retry, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    private void retry() {
      retryWaits = false;
      if (!open.get()) {
        return; // cancel() has closed the spare, or will
      }
      boolean spare = haveSpare();
      acceptAll();
      if (!spare) {
        retryLater(); // until then every loop refuses
      }
    }

    /** Whether one was refused and the spare is back; if not, try again later. */
    private boolean refuseOne() {
      if (wantLogged.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "no descriptors left: new connections are refused; raise the limit (ulimit -n)");
      }
      if (!haveSpare()) {
        return false;
      }
      spareLent = true;
      sparesLent.incrementAndGet();
      Libc.close(spareFd);
      spareFd = -1;
      int accepted = Libc.accept(fd, MemorySegment.NULL, MemorySegment.NULL);
      if (accepted >= 0) {
        refuse(accepted);
      }
      return haveSpare() && accepted >= 0;
    }

    private boolean haveSpare() {
      if (spareFd < 0) {
        spareFd = Libc.socket(Libc.AF_INET);
      }
      if (spareFd >= 0 && spareLent) {
        spareLent = false;
        sparesLent.decrementAndGet();
      }
      return spareFd >= 0;
    }

    private void refuse(int accepted) {
      byte[] refusal = acceptor.refusal();
      if (refusal.length == 0) {
        Libc.setOption(accepted, Libc.SOL_SOCKET, Libc.SO_LINGER, RawEndpoint.LINGER_ZERO);
        Libc.close(accepted);
        return;
      }
      int flags = Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT;
      MemorySegment slot = Libc.errnoSlot();
      Libc.send(slot, accepted, MemorySegment.ofArray(refusal), refusal.length, flags);
      // A request that was read does not turn the close into a reset, which could overtake this.
      Libc.recv(slot, accepted, MemorySegment.NULL, REFUSED_BYTES_MAX, Libc.MSG_TRUNC | flags);
      Libc.close(accepted);
    }

    private void place(int accepted, InetSocketAddress peer) {
      Loop target = loop;
      for (Loop other : loops) {
        if (other.load().get() + IMBALANCE_MAX < target.load().get()) {
          target = other;
        }
      }
      target.load().incrementAndGet();
      Loop there = target;
      if (there == loop) {
        adopt(there, accepted, peer);
        return;
      }
      try {
        there.execute(() -> adopt(there, accepted, peer));
      } catch (RejectedExecutionException loopHasEnded) {
        there.load().decrementAndGet();
        Libc.close(accepted);
      }
    }

    private void adopt(Loop there, int accepted, InetSocketAddress peer) {
      Libc.tune(accepted);
      Acceptor.Accepted owner = acceptor.accept(there);
      if (owner == null) {
        there.load().decrementAndGet();
        refuse(accepted);
        return;
      }
      RawEndpoint endpoint =
          new RawEndpoint(
              there,
              acceptor.governor(there)::clientSocket,
              acceptor.codecBytesMax(),
              accepted,
              peer,
              owner);
      owner.own(endpoint);
      try {
        endpoint.register();
      } catch (RuntimeException e) {
        there.faults().record(e); // the others of this batch are still to be accepted
        owner.abandon();
      }
    }

    @Override
    public FileDescriptor fd() {
      return descriptor;
    }

    @Override
    public void close() {
      RawListener.this.close();
    }

    @Override
    public void registered() {}

    @Override
    public void unregistered() {}
  }
}

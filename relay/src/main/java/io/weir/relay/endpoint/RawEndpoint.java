package io.weir.relay.endpoint;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.WindowSizes;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A plain socket as a raw descriptor on the loop.
 *
 * <h2>Readiness</h2>
 *
 * Registered once, for life, edge-triggered for everything; interest never changes, so no system
 * call is spent on it. An edge is remembered in {@code readable} and {@code writable} until a call
 * shows that it is used up:
 *
 * <pre>
 *   EPOLLIN, RDHUP, HUP, ERR --> readable      peek gave less than asked, and no end seen --> not readable
 *   EPOLLOUT, HUP, ERR       --> writable      write took less than given                 --> not writable
 * </pre>
 *
 * Every arrival makes a new edge, so after a short peek that was consumed the next one can be
 * waited for. What was peeked and not consumed makes none, nor does an end of the stream that was
 * told with data: the source stays readable as long as {@code shownBytes} are left, and once {@code
 * inputEnded} or {@code failed} is seen until {@code peek} has said {@link #END} or {@link
 * #BROKEN}.
 *
 * <p>Urgent data (RFC 6093) are left out of the stream, but a read stops at their mark, and a
 * splice never gets beyond it. So once EPOLLPRI has told of any, a short peek proves nothing, and
 * nothing is spliced.
 *
 * <h2>End or break</h2>
 *
 * A reset sets HUP and RDHUP as well, so these mean an end in order only where there is no error.
 * With an error, the queue decides: after what had arrived, {@code recv} says 0 if a FIN had come
 * before the reset, else ECONNRESET. It says that once, and not at all if a {@code send} was told
 * before; so {@code broken} remembers it. Taken for an end, a reset would make a body without a
 * length look complete.
 *
 * <h2>Peek and skip</h2>
 *
 * {@code recv(MSG_PEEK)} copies, {@code recv(MSG_TRUNC)} drops without copying (tcp(7)). Bytes that
 * the sink did not take therefore never leave the receive queue, and a stalled flow holds no user
 * memory at all; docs/decisions has the price.
 *
 * <h2>Closing</h2>
 *
 * The registration is cancelled with the descriptor already closed, so the kernel forgets it
 * without a call. Events of the same batch that are still to come find {@code open} false.
 */
public final class RawEndpoint implements Endpoint, Spliceable, EpollIoHandle {
  private static final int IN = 0x1;
  private static final int PRI = 0x2;
  private static final int OUT = 0x4;
  private static final int ERR = 0x8;
  private static final int HUP = 0x10;
  private static final int RDHUP = 0x2000;
  private static final int EDGE_TRIGGERED = 1 << 31;
  private static final EpollIoOps FOR_LIFE =
      EpollIoOps.valueOf(IN | PRI | OUT | RDHUP | EDGE_TRIGGERED);

  /** The largest window of TCP: the buffer alone limits it. */
  private static final int NO_CLAMP_BYTES = 65_535 << 14;

  /** l_onoff 1, l_linger 0: close sends a reset; socket(7). */
  static final MemorySegment LINGER_ZERO = MemorySegment.ofArray(new int[] {1, 0});

  private final Loop loop;
  private final FileDescriptor descriptor;
  private final int fd;
  private InetSocketAddress peer;
  private @Nullable InetSocketAddress local;
  private final MemorySegment errno = Libc.errnoSlot();
  private @Nullable IoRegistration registration;
  private long registeredInRound = -1;
  private Attendant attendant;
  private boolean open = true;

  /** Bytes of the last peek that were not consumed: they are there without a new edge. */
  private int shownBytes;

  private boolean readable;
  private boolean writable;
  private boolean inputEnded;
  private boolean failed;
  private boolean broken;
  private boolean urgent;
  private final SocketLease lease;

  /** What is written at once: a small send buffer would else be overrun by one whole packet. */
  private int pieceBytes = Integer.MAX_VALUE;

  private int receiveLimitBytes;

  /** Whose sizes are ours, not the kernel's (SO_BUF_LOCK). */
  private int locks;

  /**
   * Takes ownership of {@code fd}, a non-blocking stream socket, and bounds what it may hold.
   * Thread: the loop.
   *
   * @param userBytesMax what a codec on it may hold
   */
  RawEndpoint(
      Loop loop,
      Leasing leasing,
      int userBytesMax,
      int fd,
      InetSocketAddress peer,
      Attendant attendant) {
    this.loop = loop;
    this.fd = fd;
    this.descriptor = new FileDescriptor(fd);
    this.peer = peer;
    this.attendant = attendant;
    this.lease = leasing.lease(this, userBytesMax);
  }

  /**
   * Connects. A receive buffer whose size is locked would leave the window without a scale for
   * life, so the lock is off for the length of this call; without it the first window is that of
   * the buffer all the same (docs/decisions/0011).
   *
   * @return 0, or a negated error number, {@link Libc#EINPROGRESS} as a rule
   */
  int connect(InetSocketAddress to) {
    Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_BUF_LOCK, locks & ~Libc.RECEIVE_LOCK);
    int result = Libc.connect(fd, SocketAddresses.encode(to));
    Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_BUF_LOCK, locks);
    return result;
  }

  /** Adds the descriptor to the loop; from now on the attendant is told of readiness. */
  void register() {
    IoRegistration fresh = loop.register(this).getNow();
    registration = fresh;
    registeredInRound = loop.round();
    fresh.submit(FOR_LIFE);
  }

  @Override
  public void handle(IoRegistration ignored, IoEvent event) {
    if (!open || loop.round() == registeredInRound) {
      return; // the number was another's when this batch of events was made
    }
    int bits = ((EpollIoEvent) event).ops().value();
    if ((bits & ERR) != 0) {
      failed = true;
    }
    if ((bits & (RDHUP | HUP)) != 0 && !failed) {
      inputEnded = true;
    }
    urgent |= (bits & PRI) != 0;
    if ((bits & (IN | PRI | RDHUP | HUP | ERR)) != 0) {
      readable = true;
    }
    if ((bits & (OUT | HUP | ERR)) != 0) {
      writable = true;
    }
    Attendant told = attendant;
    try {
      told.ready();
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon(told);
    }
  }

  private void abandon(Attendant told) {
    try {
      told.abandon();
    } catch (Throwable t) {
      loop.faults().record(t); // nothing may reach Netty: it would drop the rest of the batch
    }
  }

  @Override
  public int peek(Scratch into, int offset, int lengthMax) {
    return receive(into, offset, lengthMax, Libc.MSG_PEEK | Libc.MSG_DONTWAIT);
  }

  @Override
  public int read(Scratch into, int offset, int lengthMax) {
    return receive(into, offset, lengthMax, Libc.MSG_DONTWAIT);
  }

  private int receive(Scratch into, int offset, int lengthMax, int flags) {
    if (!open) {
      return Source.BROKEN;
    }
    int n = Libc.recv(errno, fd, into.at(offset), lengthMax, flags);
    if (n > 0) {
      shownBytes = (flags & Libc.MSG_PEEK) == 0 ? Math.max(0, shownBytes - n) : n;
      readable = n == lengthMax || inputEnded || failed || urgent;
      return n;
    }
    if (n == 0 && !broken) {
      inputEnded = true;
      readable = false;
      return END;
    }
    if (n == Libc.EAGAIN) {
      readable = false;
      return NOTHING_YET;
    }
    failed = true;
    broken = true;
    return Source.BROKEN;
  }

  @Override
  public void skip(int length) {
    int flags = Libc.MSG_TRUNC | Libc.MSG_DONTWAIT;
    int left = length;
    while (left > 0 && open) {
      int n = Libc.recv(errno, fd, MemorySegment.NULL, left, flags);
      if (n <= 0) {
        failed = true; // the queue is gone, with the connection
        return;
      }
      left -= n;
    }
    shownBytes = Math.max(0, shownBytes - length);
  }

  @Override
  public int write(Scratch from, int offset, int length, boolean more) {
    if (!open) {
      return Sink.BROKEN;
    }
    int flags = Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT | (more ? Libc.MSG_MORE : 0);
    if (pieceBytes != Integer.MAX_VALUE && (!more || length > pieceBytes)) {
      return writePieces(from, offset, length);
    }
    int n = Libc.send(errno, fd, from.at(offset), length, flags);
    if (n >= 0) {
      writable = n == length;
      return n;
    }
    return refused(n);
  }

  /**
   * The kernel asks for room when it begins a packet, not when it fills one up, and a packet may
   * take 64 KiB. Marked as ends of records (MSG_EOR), the pieces are not joined, so each is asked
   * about, and the last one that finds room goes beyond by no more than itself.
   */
  private int writePieces(Scratch from, int offset, int length) {
    int flags = Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT | Libc.MSG_EOR;
    int sent = 0;
    while (sent < length) {
      int piece = Math.min(pieceBytes, length - sent);
      int n = Libc.send(errno, fd, from.at(offset + sent), piece, flags);
      if (n < 0) {
        int answer = refused(n);
        return sent > 0 ? sent : answer;
      }
      sent += n;
      if (n < piece) {
        writable = false;
        return sent;
      }
    }
    writable = true;
    return sent;
  }

  private int refused(int error) {
    if (error == Libc.EAGAIN) {
      writable = false;
      return 0;
    }
    failed = true;
    broken |= error != Libc.EPIPE && !inputEnded;
    readable = true; // the error is told to one call only: let a peek find what else has come
    return Sink.BROKEN;
  }

  @Override
  public boolean splices() {
    return !urgent;
  }

  @Override
  public int spliceInto(Pipe pipe, int lengthMax) {
    if (!open) {
      return Source.BROKEN;
    }
    int n = Libc.splice(errno, fd, pipe.writeFd(), lengthMax);
    if (n > 0) {
      // Whether the socket is empty now or the pipe's slots are full, only the next call tells.
      shownBytes = Math.max(0, shownBytes - n);
      pipe.added(n);
      return n;
    }
    if (n == Libc.EAGAIN) {
      readable = false;
      shownBytes = 0;
      return NOTHING_YET;
    }
    if (unsupported(n)) {
      return UNSUPPORTED;
    }
    readable = true; // a peek is to say it again
    if (n == 0) {
      inputEnded = true;
      return END;
    }
    failed = true;
    broken = true;
    return Source.BROKEN;
  }

  @Override
  public int spliceFrom(Pipe pipe) {
    if (!open) {
      return Sink.BROKEN;
    }
    int length = pipe.heldBytes();
    int n = Libc.splice(errno, pipe.readFd(), fd, length);
    if (n >= 0) {
      writable = n == length;
      pipe.taken(n);
      return n;
    }
    if (unsupported(n)) {
      return UNSUPPORTED;
    }
    return refused(n);
  }

  /** No splice for this socket (EINVAL), or none at all: an old kernel, or one that forbids it. */
  private static boolean unsupported(int error) {
    return error == Libc.EINVAL || error == Libc.ENOSYS || error == Libc.EPERM;
  }

  /**
   * What the send buffer has free. A sixteenth is left out for the overhead of the packets to come.
   * The size only grows meanwhile (tcp(7), tcp_wmem), but for want of memory, when less may be
   * taken.
   */
  @Override
  public int roomBytes() {
    int free = open ? Libc.sendBufferFree(errno, fd) : 0;
    return Math.max(0, free - free / 16);
  }

  @Override
  public void limitReceive(int bytes) {
    if (!open) {
      return;
    }
    if (bytes == WindowSizes.AUTO) {
      locks &= ~Libc.RECEIVE_LOCK;
      Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_BUF_LOCK, locks);
    } else {
      locks |= Libc.RECEIVE_LOCK; // SO_RCVBUF locks the buffer's size, and doubles it
      SocketBuffers.receive(fd, bytes / 2);
    }
    if (bytes == WindowSizes.AUTO || bytes > receiveLimitBytes) {
      // While the buffer was small the kernel may have clamped the window to it, and keeps that.
      Libc.setOption(fd, Libc.IPPROTO_TCP, Libc.TCP_WINDOW_CLAMP, NO_CLAMP_BYTES);
    }
    receiveLimitBytes = bytes;
  }

  @Override
  public void limitSend(int bytes) {
    if (!open) {
      return;
    }
    pieceBytes = WindowSizes.pieceBytes(bytes);
    if (bytes == WindowSizes.AUTO) {
      locks &= ~Libc.SEND_LOCK;
      Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_BUF_LOCK, locks);
    } else {
      locks |= Libc.SEND_LOCK;
      SocketBuffers.send(fd, bytes / 2);
    }
  }

  @Override
  public int segmentBytes() {
    return open ? Libc.segmentBytes(fd) : 0;
  }

  @Override
  public long heldBytes() {
    return open ? Libc.heldBytes(errno, fd) : 0;
  }

  @Override
  public long promisedBytes() {
    return open ? Libc.promisedBytes(fd) : 0;
  }

  @Override
  public long receivedBytes() {
    return open ? Libc.receivedBytes(errno, fd) : 0;
  }

  @Override
  public SocketLease lease() {
    return lease;
  }

  @Override
  public void finish() {
    if (open) {
      Libc.shutdownOutput(fd);
    }
  }

  @Override
  public boolean probe(int silentMillis) {
    return open && Libc.keepAlive(fd, Math.max(1, silentMillis / 1000));
  }

  @Override
  public void attend(Attendant next) {
    attendant = next;
  }

  @Override
  public void reset() {
    breakAtEnd();
    close();
  }

  @Override
  public void breakAtEnd() {
    if (open) {
      Libc.setOption(fd, Libc.SOL_SOCKET, Libc.SO_LINGER, LINGER_ZERO);
    }
  }

  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    shownBytes = 0;
    readable = false;
    writable = false;
    try {
      descriptor.close();
    } catch (IOException e) {
      // The descriptor is gone all the same (close(2), Linux); nothing is left to do with it.
      failed = true;
    }
    lease.end();
    if (registration != null) {
      registration.cancel();
    }
  }

  /** 0 once a connect has succeeded, else the negated error number. */
  int connectResult() {
    return Libc.pendingError(fd);
  }

  @Override
  public long undelivered() {
    return open ? Math.max(-1, Libc.undelivered(fd)) : -1;
  }

  @Override
  public boolean readable() {
    return readable || shownBytes > 0;
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public boolean open() {
    return open;
  }

  @Override
  public boolean failed() {
    return failed;
  }

  @Override
  public boolean inputEnded() {
    // Beyond urgent data there may be more than a peek has shown: then only a peek tells the end.
    return inputEnded && !urgent;
  }

  @Override
  public boolean inputBroken() {
    return failed && !inputEnded;
  }

  @Override
  public InetSocketAddress peer() {
    return peer;
  }

  @Override
  public InetSocketAddress local() {
    InetSocketAddress known = local;
    if (known == null) {
      known = open ? SocketAddresses.local(fd) : Endpoint.super.local();
      local = known;
    }
    return known;
  }

  @Override
  public void announce(InetSocketAddress source, InetSocketAddress destination) {
    peer = source;
    local = destination;
  }

  @Override
  public FileDescriptor fd() {
    return descriptor;
  }

  @Override
  public void registered() {}

  @Override
  public void unregistered() {}
}

package io.weir.relay.endpoint;

import io.weir.relay.loop.Scratch;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A pipe of the kernel (pipe(7)), through which {@code splice} takes bytes from socket to socket
 * without a copy.
 *
 * <p>It holds references to the pages that the source's packets arrived in; what is inside is in no
 * socket's count. The size decides what one call moves: a slot takes a page at most, and 16 slots,
 * the default, make 64 KiB.
 *
 * <p>Thread: one loop. Owner: the pool of that loop, or the pump that it was lent to.
 */
public final class Pipe {
  /**
   * Wanted size, bytes: as much as a flow moves in a turn, and the system's usual limit. At 64 KiB
   * a gigabyte costs 16 times as many calls (docs/decisions/0010).
   */
  static final int WANTED_BYTES = 1024 * 1024;

  /** A pipe below that is not worth its calls, bytes: near their limits users get 2 slots. */
  private static final int USEFUL_BYTES_MIN = 64 * 1024;

  private static final String SIZE_LIMIT = "/proc/sys/fs/pipe-max-size";
  private static final System.Logger LOG = System.getLogger("io.weir");
  private static final AtomicBoolean SMALL_LOGGED = new AtomicBoolean();
  private static final AtomicBoolean NONE_LOGGED = new AtomicBoolean();

  private final int readFd;
  private final int writeFd;
  private final int capacityBytes;
  private int heldBytes;
  private boolean open = true;

  private Pipe(int readFd, int writeFd, int capacityBytes) {
    this.readFd = readFd;
    this.writeFd = writeFd;
    this.capacityBytes = capacityBytes;
  }

  /**
   * A new pipe, as large as is allowed up to {@link #WANTED_BYTES}, or null where there is none to
   * be had: no descriptors left, or the user's pipes hold all they may.
   */
  public static @Nullable Pipe open() {
    return open(Limit.BYTES);
  }

  static @Nullable Pipe open(int wantedBytes) {
    int[] ends = new int[2];
    int result = Libc.pipe(ends);
    if (result < 0) {
      sayNoneOnce(result);
      return null;
    }
    // Beyond the user's soft limit (fs.pipe-user-pages-soft) EPERM: the default size stays.
    int capacityBytes = Libc.fcntl(ends[1], Libc.F_SETPIPE_SZ, wantedBytes);
    if (capacityBytes < 0) {
      int error = capacityBytes;
      capacityBytes = Libc.fcntl(ends[1], Libc.F_GETPIPE_SZ, 0);
      sayOnce(error, wantedBytes, capacityBytes);
    }
    Pipe pipe = new Pipe(ends[0], ends[1], capacityBytes);
    if (capacityBytes < USEFUL_BYTES_MIN) {
      pipe.close();
      return null;
    }
    return pipe;
  }

  private static void sayNoneOnce(int error) {
    if (NONE_LOGGED.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "no pipe is to be had ({0}): large bodies are copied, which takes more CPU",
          error == Libc.EMFILE || error == Libc.ENFILE
              ? "no descriptors are left; raise the limit, ulimit -n"
              : "error " + -error);
    }
  }

  private static void sayOnce(int error, int wantedBytes, int capacityBytes) {
    if (SMALL_LOGGED.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a pipe of {0} bytes was refused ({1}), it stays at {2}: large bodies take more CPU;"
              + " raise fs.pipe-user-pages-soft",
          wantedBytes,
          error == Libc.EPERM ? "the user's pipes hold all they may" : "error " + -error,
          capacityBytes);
    }
  }

  /** The largest pipe that an ordinary user may ask for; read when the first is opened. */
  private static final class Limit {
    static final int BYTES = read();

    private static int read() {
      byte[] text = new byte[32];
      try (InputStream file = new FileInputStream(SIZE_LIMIT)) {
        int length = file.read(text); // at once: a second read of such a file brings nothing
        String number = new String(text, 0, Math.max(0, length), StandardCharsets.US_ASCII);
        return Math.clamp(Long.parseLong(number.strip()), USEFUL_BYTES_MIN, WANTED_BYTES);
      } catch (IOException | NumberFormatException e) {
        return WANTED_BYTES; // not to be seen: the kernel will say no if it is too much
      }
    }
  }

  /** Bytes inside. */
  public int heldBytes() {
    return heldBytes;
  }

  /** Bytes it can hold at best; less, where packets are small, since each takes a slot. */
  public int capacityBytes() {
    return capacityBytes;
  }

  /**
   * Takes bytes out into user space, which is only needed where the sink turns out not to splice.
   *
   * @return bytes copied to {@code into} from {@code offset} on; 0 if there is none
   */
  public int read(Scratch into, int offset, int lengthMax) {
    int n = Math.max(0, Libc.read(readFd, into.at(offset), Math.min(lengthMax, heldBytes)));
    heldBytes -= n;
    return n;
  }

  int readFd() {
    return readFd;
  }

  int writeFd() {
    return writeFd;
  }

  void added(int bytes) {
    heldBytes += bytes;
  }

  void taken(int bytes) {
    heldBytes -= bytes;
  }

  /** Closes both ends; what is inside is dropped. Closing twice has no effect. */
  public void close() {
    if (open) {
      open = false;
      heldBytes = 0;
      Libc.close(readFd);
      Libc.close(writeFd);
    }
  }
}

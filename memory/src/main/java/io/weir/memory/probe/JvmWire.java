package io.weir.memory.probe;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Asks another JVM through its attach socket.
 *
 * <p><b>Two halves.</b> The handshake (a file, SIGQUIT, wait for the socket, check its owner) is
 * the JDK's own {@code VirtualMachine.attach}. It sends SIGQUIT only to a process that catches it.
 * The commands go over the socket from here, in version 1 of HotSpot's protocol ({@code
 * attachListener.cpp}): "1", the operation, three arguments, each ended by a zero byte; the answer
 * is a line with a number, 0 for done, then text until the end of the stream. One connection a
 * command.
 *
 * <p><b>Why not the JDK's executeJCmd.</b> It is not exported, and its stream cannot be given up.
 * That matters: JDK 25 writes some answers (System.map, VM.metaspace) straight into the socket, from a thread
 * that no safepoint can pass. A JVM whose asker stops reading <i>stands still</i> as soon as the
 * socket's buffer is full. So the answer is read in large pieces, and an asker that is interrupted
 * closes the channel, which sets the JVM free. For the same reason a JVM must never ask itself this
 * way. See docs/decisions/0008-asking-a-jvm.md.
 *
 * <p>Blocks; for a thread that may be interrupted.
 */
final class JvmWire implements JvmAsk {
  /** System.map has some 170 bytes a mapping: 100,000 mappings. */
  private static final long ANSWER_BYTES_MAX = 16L << 20;

  private static final int READ_BYTES = 64 * 1024;

  /** The longest line is that of VM.flags; what is longer is cut. */
  private static final int LINE_CHARS_MAX = 16 * 1024;

  private final Path socket;

  private JvmWire(Path socket) {
    this.socket = socket;
  }

  /**
   * Makes the JVM listen, if it does not yet.
   *
   * @throws IOException where it does not, or it belongs to another
   */
  static JvmWire open(Target target) throws IOException {
    try {
      VirtualMachine.attach(Long.toString(target.pid())).detach();
    } catch (AttachNotSupportedException e) {
      throw new IOException(e.getMessage(), e);
    }
    return new JvmWire(socketOf(target));
  }

  /** Where its socket is, or would be: by the number that it has in its own PID namespace. */
  static Path socketOf(Target target) throws IOException {
    String name = ".java_pid" + innerPid(target);
    Path temporary = target.file("root/tmp");
    return (Files.isWritable(temporary) ? temporary : Path.of("/tmp")).resolve(name);
  }

  private static String innerPid(Target target) throws IOException {
    String numbers = new JvmStatus(target).field("NSpid");
    int last = Math.max(numbers.lastIndexOf('\t'), numbers.lastIndexOf(' '));
    return numbers.isEmpty() ? Long.toString(target.pid()) : numbers.substring(last + 1);
  }

  @Override
  public void ask(String command, Consumer<String> lines) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      ByteBuffer request =
          ByteBuffer.wrap(("1\0jcmd\0" + command + "\0\0\0").getBytes(StandardCharsets.US_ASCII));
      while (request.hasRemaining()) {
        channel.write(request);
      }
      read(channel, new Lines(lines));
    }
  }

  private static void read(SocketChannel channel, Lines lines) throws IOException {
    ByteBuffer piece = ByteBuffer.allocate(READ_BYTES);
    long bytes = 0;
    while (channel.read(piece) >= 0) {
      bytes += piece.position();
      lines.take(piece.flip());
      piece.clear();
      if (bytes > ANSWER_BYTES_MAX) {
        throw new IOException("the JVM's answer is longer than " + ANSWER_BYTES_MAX + " bytes");
      }
    }
    lines.end();
  }

  /** Cuts bytes into lines; the first one is the result code and is not handed on. */
  private static final class Lines {
    private final StringBuilder line = new StringBuilder();
    private final Consumer<String> sink;
    private boolean coded;

    Lines(Consumer<String> sink) {
      this.sink = sink;
    }

    void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        byte next = bytes.get();
        if (next == '\n') {
          end();
        } else if (line.length() < LINE_CHARS_MAX) {
          line.append((char) (next & 0xFF));
        }
      }
    }

    void end() {
      if (coded && !line.isEmpty()) {
        sink.accept(line.toString());
      }
      coded = true;
      line.setLength(0);
    }
  }
}

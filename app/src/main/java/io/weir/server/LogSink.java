package io.weir.server;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file that is appended to, or standard output. Confined to one thread. */
final class LogSink {
  private static final Set<StandardOpenOption> APPEND =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);

  private final @Nullable Path file;
  private WritableByteChannel channel;

  LogSink(@Nullable Path file, WritableByteChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Opens {@code file}, or standard output for {@code -}. */
  static LogSink open(String file) throws IOException {
    if (file.equals("-")) {
      return new LogSink(null, new FileOutputStream(FileDescriptor.out).getChannel());
    }
    Path path = Path.of(file);
    return new LogSink(path, openFile(path));
  }

  /** A new file is for its owner to write and its group to read: peers' addresses are in it. */
  private static WritableByteChannel openFile(Path path) throws IOException {
    try {
      return FileChannel.open(
          path,
          APPEND,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
    } catch (UnsupportedOperationException e) {
      return FileChannel.open(path, APPEND);
    }
  }

  void write(byte[] bytes, int length) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  /** The old file stays in use if the new one cannot be opened. */
  void reopen() throws IOException {
    if (file != null) {
      WritableByteChannel fresh = openFile(file);
      channel.close();
      channel = fresh;
    }
  }

  void close() {
    try {
      if (file != null) {
        channel.close();
      }
    } catch (IOException e) {
      System.getLogger("io.weir")
          .log(System.Logger.Level.ERROR, "access log: {0}", e.getMessage());
    }
  }

  /** What went wrong, without the file's name. */
  static String clause(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no such folder";
      case AccessDeniedException denied -> "permission denied";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}

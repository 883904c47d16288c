package io.weir.relay.endpoint;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Puts bytes into a pipe without a socket, for tests of what moves them. */
public final class PipeBytes {
  private PipeBytes() {}

  /** Writes {@code bytes[from, from + length)}, which must fit. */
  public static void fill(Pipe pipe, byte[] bytes, int from, int length) {
    try (FileOutputStream to = new FileOutputStream("/proc/self/fd/" + pipe.writeFd())) {
      to.write(bytes, from, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    pipe.added(length);
  }

  /** Has {@code pipe} believe that it holds so many bytes more, or fewer. */
  public static void pretend(Pipe pipe, int bytes) {
    pipe.added(bytes);
  }

  /** A pipe of another size than usual, or null if none is to be had. */
  public static Pipe open(int bytes) {
    Pipe pipe = Pipe.open(bytes);
    if (pipe == null) {
      throw new IllegalStateException("no pipe of " + bytes + " bytes");
    }
    return pipe;
  }
}

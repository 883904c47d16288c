package io.weir.memory.census;

import io.weir.memory.probe.PageMap;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/**
 * Reads {@code /proc/PID/mem}, proc_pid_mem(5): takes the target's mmap lock shared, does not stop
 * it. For the thread that opened it.
 */
final class ProcMemory implements RemoteMemory, AutoCloseable {
  private static final int BUFFER_BYTES = Window.WORDS_MAX * Long.BYTES;

  private final FileChannel file;
  private final PageMap pageMap;
  private final Arena arena = Arena.ofConfined();
  private final ByteBuffer buffer =
      arena.allocate(BUFFER_BYTES, Long.BYTES).asByteBuffer().order(ByteOrder.nativeOrder());
  private long bytesRead;

  private ProcMemory(FileChannel file, PageMap pageMap) {
    this.file = file;
    this.pageMap = pageMap;
  }

  static ProcMemory open(Target target) throws IOException {
    FileChannel file = FileChannel.open(target.file("mem"), StandardOpenOption.READ);
    try {
      return new ProcMemory(file, PageMap.open(target));
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  long bytesRead() {
    return bytesRead;
  }

  @Override
  public int pageBytes() {
    return pageMap.pageBytes();
  }

  @Override
  public void words(long address, long[] into, int count) throws IOException, HeapChangedException {
    for (int done = 0; done < count; ) {
      buffer.clear().limit(Math.min(BUFFER_BYTES, (count - done) * Long.BYTES));
      long at = address + (long) done * Long.BYTES;
      while (buffer.hasRemaining()) {
        int read = read(at + buffer.position());
        if (read <= 0) {
          throw new IOException("the memory has gone");
        }
        bytesRead += read;
      }
      buffer.flip();
      buffer.asLongBuffer().get(into, done, buffer.limit() / Long.BYTES);
      done += buffer.limit() / Long.BYTES;
    }
  }

  /** EIO is not the end: the mapping went after the page map told of it. */
  private int read(long address) throws IOException, HeapChangedException {
    try {
      return file.read(buffer, address);
    } catch (IOException e) {
      if (!file.isOpen()) {
        throw e;
      }
      throw new HeapChangedException("a mapping has gone meanwhile");
    }
  }

  @Override
  public void pages(long address, long[] into, int count) throws IOException {
    pageMap.read(address, into, count);
  }

  @Override
  public void close() throws IOException {
    try (arena;
        pageMap) {
      file.close();
    }
  }
}

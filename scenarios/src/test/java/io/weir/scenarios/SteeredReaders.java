package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Downloads of one path that are read only while the scenario says so, every byte checked. One
 * thread.
 */
final class SteeredReaders implements AutoCloseable {
  private static final int RECEIVE_BUFFER_BYTES = 64 * 1024;
  private static final int HEAD_BYTES_MAX = 4 * 1024;
  private static final int READ_BYTES = 128 * 1024;

  private final SeededBytes sequence;
  private final long bodyBytes;
  private final Selector selector = Selector.open();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
  private final List<Download> all = new ArrayList<>();
  private long readBytes;

  private SteeredReaders(long bodyBytes, long seed) throws IOException {
    this.bodyBytes = bodyBytes;
    this.sequence = new SeededBytes(seed);
  }

  /** Connects and asks; nothing is read. */
  static SteeredReaders start(
      InetSocketAddress address, String path, int count, long bodyBytes, long seed)
      throws IOException {
    SteeredReaders readers = new SteeredReaders(bodyBytes, seed);
    for (int i = 0; i < count; i++) {
      readers.all.add(readers.connect(address, path));
    }
    return readers;
  }

  private Download connect(InetSocketAddress address, String path) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    channel.connect(address);
    String request = "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    channel.configureBlocking(false);
    Download download = new Download(channel);
    channel.register(selector, SelectionKey.OP_READ, download);
    return download;
  }

  /** Bytes of bodies that came so far, all of them right. */
  long readBytes() {
    return readBytes;
  }

  /** How many bodies have ended, whole. */
  long whole() {
    return all.stream().filter(download -> download.ended).count();
  }

  /** Reads from all that have something, each once. */
  void read() throws IOException {
    selector.select(key -> ((Download) key.attachment()).read(), 100);
    for (Download download : all) {
      if (download.failure != null) {
        throw new AssertionError("a download broke at " + download.position, download.failure);
      }
    }
  }

  /** Reads until so many bytes have come in all. */
  void readUntil(long bytes) throws IOException {
    long deadline = deadline();
    while (readBytes < bytes) {
      read();
      assertThat(System.nanoTime() - deadline).as("%d of %d bytes", readBytes, bytes).isNegative();
    }
  }

  /** Reads for a time, bytes that came in it. */
  long readFor(long millis) throws IOException {
    long before = readBytes;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() - end < 0) {
      read();
    }
    return readBytes - before;
  }

  /** Reads all bodies to their ends. */
  void readAll() throws IOException {
    long deadline = deadline();
    while (whole() < all.size()) {
      read();
      assertThat(System.nanoTime() - deadline)
          .as("%d of %d bodies are whole, %d bytes", whole(), all.size(), readBytes)
          .isNegative();
    }
  }

  private static long deadline() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(2 * Program.WAIT_SECONDS_MAX);
  }

  @Override
  public void close() throws IOException {
    for (Download download : all) {
      download.channel.close();
    }
    selector.close();
  }

  private final class Download {
    private final SocketChannel channel;
    private final byte[] head = new byte[HEAD_BYTES_MAX];
    private int headBytes;
    private long position = -1;
    private boolean ended;
    private @Nullable Throwable failure;

    Download(SocketChannel channel) {
      this.channel = channel;
    }

    void read() {
      try {
        int length = channel.read(buffer.clear());
        if (length < 0) {
          assertThat(position).isEqualTo(bodyBytes);
          ended = true;
          channel.close();
          return;
        }
        buffer.flip();
        if (position < 0) {
          takeHead();
        }
        long from = Math.max(position, 0);
        int body = buffer.remaining();
        assertThat(sequence.mismatch(buffer, from)).isEqualTo(-1);
        position += position < 0 ? 0 : body;
        readBytes += body;
      } catch (IOException | AssertionError e) {
        failure = e;
      }
    }

    private void takeHead() {
      while (buffer.hasRemaining() && position < 0) {
        head[headBytes++] = buffer.get();
        String text = new String(head, 0, headBytes, StandardCharsets.ISO_8859_1);
        if (text.endsWith("\r\n\r\n")) {
          assertThat(text).startsWith("HTTP/1.1 200 ");
          position = 0;
        }
      }
    }
  }
}

package io.weir.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One client of the naive relay and its connection to the origin. The request's bytes go to the
 * origin as they come; the answer comes back in chunks.
 *
 * <pre>
 *   unpiped   read a chunk, queue it, read the next: the queue has no bound
 *   piped     read a chunk, and no other until it is written
 * </pre>
 *
 * <p>One thread.
 */
final class RelayLink {
  private static final int READS_A_TURN = 16;
  private static final int REQUEST_BYTES_MAX = 8192;

  /** Chunks of malloc's, counted. */
  static final class Chunks {
    private static final long ENTRY_BYTES = 64;
    private static final long ENTRY_EVERY_BYTES = 4 << 20;

    private final int bytes;
    private final AtomicLong allocated = new AtomicLong();
    private final AtomicLong freed = new AtomicLong();
    private final AtomicLong entries = new AtomicLong();
    private long readBytes;

    Chunks(int bytes) {
      this.bytes = bytes;
    }

    long allocated() {
      return allocated.get();
    }

    long freed() {
      return freed.get();
    }

    /** Small blocks that are kept, as any program keeps something. */
    long entries() {
      return entries.get();
    }

    private Chunk allocate() {
      allocated.incrementAndGet();
      long block = NativeMalloc.malloc(bytes);
      return new Chunk(block, NativeMalloc.segment(block, bytes).asByteBuffer());
    }

    private void free(Chunk chunk) {
      NativeMalloc.free(chunk.block());
      freed.incrementAndGet();
    }

    /** A real relay keeps a line in a log, a counter, a session: here 64 bytes each 4 MiB. */
    private void noteRead(int count) {
      long before = readBytes / ENTRY_EVERY_BYTES;
      readBytes += count;
      if (readBytes / ENTRY_EVERY_BYTES > before) {
        NativeMalloc.resident(ENTRY_BYTES);
        entries.incrementAndGet();
      }
    }
  }

  private record Chunk(long block, ByteBuffer bytes) {}

  private final SocketChannel client;
  private final SocketChannel origin;
  private final Chunks chunks;
  private final boolean piped;
  private final ArrayDeque<Chunk> queue = new ArrayDeque<>();
  private final ByteBuffer request = ByteBuffer.allocate(REQUEST_BYTES_MAX);
  private final SelectionKey clientKey;
  private final SelectionKey originKey;
  private boolean ended;

  private RelayLink(
      SocketChannel client, SocketChannel origin, Selector selector, Chunks chunks, boolean piped)
      throws IOException {
    this.client = client;
    this.origin = origin;
    this.chunks = chunks;
    this.piped = piped;
    client.configureBlocking(false);
    origin.configureBlocking(false);
    this.clientKey = client.register(selector, SelectionKey.OP_READ);
    this.originKey = origin.register(selector, SelectionKey.OP_READ);
  }

  /** Takes a client over; the origin is near, so that to connect does not take long. */
  static void open(
      SocketChannel client,
      Selector selector,
      InetSocketAddress address,
      Chunks chunks,
      boolean piped)
      throws IOException {
    RelayLink link = new RelayLink(client, SocketChannel.open(address), selector, chunks, piped);
    link.clientKey.attach(link);
    link.originKey.attach(link);
  }

  /** Something can be done with one of the two. */
  void ready(SelectionKey key) {
    try {
      if (key.equals(clientKey) && key.isReadable()) {
        takeRequest();
      } else if (key.equals(originKey) && key.isReadable()) {
        takeAnswer();
      }
      if (clientKey.isValid()) {
        write();
      }
    } catch (IOException e) {
      close(); // one of the two has gone
    }
  }

  private void takeRequest() throws IOException {
    request.clear();
    if (client.read(request) < 0) {
      close();
      return;
    }
    request.flip();
    while (request.hasRemaining()) {
      origin.write(request); // a request's head always fits into an empty socket
    }
  }

  private void takeAnswer() throws IOException {
    int turns = piped ? 1 : READS_A_TURN;
    for (int i = 0; i < turns && !ended; i++) {
      Chunk chunk = chunks.allocate();
      int count;
      try {
        count = origin.read(chunk.bytes());
      } catch (IOException e) {
        chunks.free(chunk);
        throw e;
      }
      if (count <= 0) {
        chunks.free(chunk);
        ended = count < 0;
        break;
      }
      chunk.bytes().flip();
      queue.add(chunk);
      chunks.noteRead(count);
    }
  }

  private void write() throws IOException {
    Chunk first = queue.peek();
    while (first != null) {
      client.write(first.bytes());
      if (first.bytes().hasRemaining()) {
        break;
      }
      chunks.free(queue.remove());
      first = queue.peek();
    }
    boolean waits = !queue.isEmpty();
    clientKey.interestOps(SelectionKey.OP_READ | (waits ? SelectionKey.OP_WRITE : 0));
    originKey.interestOps(ended || (piped && waits) ? 0 : SelectionKey.OP_READ);
    if (ended && !waits) {
      close();
    }
  }

  private void close() {
    while (!queue.isEmpty()) {
      chunks.free(queue.remove());
    }
    for (SocketChannel channel : new SocketChannel[] {client, origin}) {
      try {
        channel.close();
      } catch (IOException e) {
        // It is closed all the same.
      }
    }
  }
}

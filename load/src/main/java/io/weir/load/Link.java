package io.weir.load;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One connection of {@link Readers}, from its socket to the first byte that its owner may send.
 *
 * <pre>
 *   CONNECTING -> AGREEING (TLS) -> PASSING (CONNECT, SOCKS) -> OPEN -> closed
 * </pre>
 *
 * <p>Steps that a way does not have are over at once. Confined to the readers' thread.
 */
final class Link implements Runnable {
  private static final String NOT_OPENED = "cannot connect: ";

  /** Whose it is. */
  interface Owner {
    /** It is open: the owner may write. */
    void opened() throws IOException;

    /** There is something to read. */
    void readable();

    /** It could not be opened; it is closed. */
    void refused(String reason);
  }

  private enum State {
    CONNECTING,
    AGREEING,
    PASSING,
    OPEN
  }

  private final Readers readers;
  private final Owner owner;
  private State state = State.CONNECTING;
  private @Nullable SocketChannel channel;
  private @Nullable SelectionKey key;
  private @Nullable Wire wire;
  private @Nullable Passage passage;

  Link(Readers readers, Owner owner) {
    this.readers = readers;
    this.owner = owner;
  }

  /** Begins; what comes of it the owner is told, perhaps before this returns. */
  void begin(Selector selector) {
    try {
      SocketChannel opened = SocketChannel.open();
      channel = opened;
      opened.configureBlocking(false);
      Readers.Plan plan = readers.plan;
      if (plan.receiveBufferBytes() > 0) {
        opened.setOption(StandardSocketOptions.SO_RCVBUF, plan.receiveBufferBytes());
      }
      if (plan.way().streams() > 0) {
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true); // small frames, one by one
      }
      boolean done = opened.connect(plan.address());
      int interest = done ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT;
      key = opened.register(selector, interest, this);
      if (done) {
        connected(opened);
      }
    } catch (IOException e) {
      refused(e);
    }
  }

  /** The selector has something. */
  @Override
  public void run() {
    if (state == State.OPEN) {
      owner.readable();
      return;
    }
    try {
      SocketChannel opened = channel;
      SelectionKey registered = key;
      if (opened == null || registered == null) {
        return;
      }
      if (state == State.CONNECTING) {
        opened.finishConnect();
        registered.interestOps(SelectionKey.OP_READ);
        connected(opened);
      } else {
        goOn();
      }
    } catch (IOException e) {
      refused(e);
    }
  }

  private void connected(SocketChannel opened) throws IOException {
    wire = readers.wire(opened);
    state = State.AGREEING;
    goOn();
  }

  private void goOn() throws IOException {
    if (state == State.AGREEING && wire().agreed()) {
      state = State.PASSING;
      passage = readers.passage();
      if (passage != null) {
        wire().write(passage.first());
      }
    }
    if (state == State.PASSING && passed()) {
      state = State.OPEN;
      passage = null;
      owner.opened();
    }
  }

  private boolean passed() throws IOException {
    Passage asked = passage;
    while (asked != null && !asked.open()) {
      ByteBuffer buffer = readers.buffer.clear();
      int length = wire().read(buffer, Wire.READ_BYTES);
      if (length < 0) {
        throw new IOException("closed before the tunnel was open");
      }
      ByteBuffer next = asked.hear(buffer.flip());
      if (next.hasRemaining()) {
        wire().write(next);
      }
      if (length == 0) {
        return false;
      }
    }
    return true;
  }

  private void refused(IOException e) {
    close();
    owner.refused(NOT_OPENED + e.getMessage());
  }

  /** What is read and written, while it is open. */
  Wire wire() throws IOException {
    Wire made = wire;
    if (made == null) {
      throw new IOException("closed");
    }
    return made;
  }

  /** Leaves the selector for good: its owner reads when it will. */
  void leaveSelector() {
    SelectionKey registered = key;
    if (registered != null) {
      registered.cancel();
      key = null;
    }
  }

  /** Closes the socket, once. */
  void close() {
    SocketChannel opened = channel;
    channel = null;
    key = null;
    wire = null;
    if (opened != null) {
      try {
        opened.close();
      } catch (IOException e) {
        // The descriptor is gone all the same (close(2)).
      }
    }
  }
}

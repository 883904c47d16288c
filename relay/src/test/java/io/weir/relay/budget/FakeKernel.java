package io.weir.relay.budget;

import java.util.Random;

/** The buffers of one socket, filled as far as a kernel may fill them, by seeded steps. */
final class FakeKernel implements Windows {
  private final WindowSizes sizes;
  private long receiveRoomBytes;
  private long sendRoomBytes;
  private long receivedBytes;
  private long queuedBytes;
  private boolean closed;

  FakeKernel(WindowSizes sizes) {
    this.sizes = sizes;
  }

  @Override
  public void limitReceive(int bytes) {
    receiveRoomBytes = worst(bytes, true);
  }

  @Override
  public void limitSend(int bytes) {
    sendRoomBytes = worst(bytes, false);
  }

  /** What a buffer of that size may come to hold at the worst: that is what a lease is for. */
  private long worst(int limit, boolean receive) {
    for (int level = 0; level < sizes.levels(); level++) {
      if (limit == (receive ? sizes.receiveBytes(level) : sizes.sendBytes(level))) {
        return receive ? sizes.receiveLeaseBytes(level) : sizes.sendLeaseBytes(level);
      }
    }
    throw new IllegalArgumentException("no level has a buffer of " + limit + " bytes");
  }

  /** Bytes arrive: up to all that there is room for. What is beyond a narrowed limit stays. */
  void arrive(Random random) {
    receivedBytes = Math.max(receivedBytes, part(receiveRoomBytes, random));
  }

  /** Bytes are written, as {@link #arrive}. */
  void queue(Random random) {
    queuedBytes = Math.max(queuedBytes, part(sendRoomBytes, random));
  }

  private static long part(long room, Random random) {
    return random.nextBoolean() ? room : random.nextLong(room + 1);
  }

  /** Some or all of what has arrived is read. */
  void read(Random random) {
    receivedBytes = random.nextBoolean() ? 0 : random.nextLong(receivedBytes + 1);
  }

  /** Some or all of what was written is acknowledged. */
  void acknowledge(Random random) {
    queuedBytes = random.nextBoolean() ? 0 : random.nextLong(queuedBytes + 1);
  }

  void close() {
    closed = true;
  }

  /** As if the peer acknowledged at once: growth is then the easiest. */
  @Override
  public long undelivered() {
    return 0;
  }

  @Override
  public int segmentBytes() {
    return 65_483;
  }

  @Override
  public long heldBytes() {
    return closed ? 0 : receivedBytes + queuedBytes + WindowSizes.AHEAD_BYTES;
  }

  @Override
  public long receivedBytes() {
    return closed ? 0 : receivedBytes;
  }
}

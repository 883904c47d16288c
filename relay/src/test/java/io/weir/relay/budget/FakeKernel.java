package io.weir.relay.budget;

import java.util.Random;

/** The buffers of one socket, filled as far as a kernel may fill them, by seeded steps. */
final class FakeKernel implements Windows {
  private static final int AUTO_RECEIVE_BYTES = 32 << 20;
  private static final int PACKET_BYTES = 65_483;
  private static final int PACKET_OVERHEAD_BYTES = 832;

  private final WindowSizes sizes;
  private int receiveLimitBytes;
  private long promisedBytes;
  private long sendRoomBytes;
  private long receivedBytes;
  private long queuedBytes;
  private boolean closed;

  FakeKernel(WindowSizes sizes) {
    this.sizes = sizes;
  }

  @Override
  public void limitReceive(int bytes) {
    receiveLimitBytes = bytes == WindowSizes.AUTO ? AUTO_RECEIVE_BYTES : bytes;
    announce();
  }

  @Override
  public void limitSend(int bytes) {
    sendRoomBytes = worst(bytes);
  }

  /** What a buffer of that size may come to hold at the worst: that is what a lease is for. */
  private long worst(int limit) {
    for (int level = 0; level < sizes.levels(); level++) {
      if (limit == sizes.sendBytes(level)) {
        return sizes.sendLeaseBytes(level);
      }
    }
    throw new IllegalArgumentException("no level has a buffer of " + limit + " bytes");
  }

  /**
   * The window is three fifths of what is free, the rest being for overhead, but never less than
   * was announced before: tcp_select_window does not take a window back.
   */
  private void announce() {
    promisedBytes = Math.max(promisedBytes, (receiveLimitBytes - receivedBytes) * 3 / 5);
  }

  /** Packets arrive: one is taken while no more is held than the limit, however large it is. */
  void arrive(Random random) {
    for (int i = random.nextInt(4); i >= 0 && promisedBytes > 0; i--) {
      if (receivedBytes > receiveLimitBytes) {
        return;
      }
      long packet = part(Math.min(promisedBytes, PACKET_BYTES), random);
      promisedBytes -= packet;
      receivedBytes += packet + Math.min(PACKET_OVERHEAD_BYTES, packet * 2 / 3);
    }
  }

  /** All that the peer was told it may send has come, and was read. */
  void passPromised() {
    promisedBytes = 0;
    announce();
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
    announce();
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
  public long promisedBytes() {
    return closed ? 0 : promisedBytes;
  }

  @Override
  public long receivedBytes() {
    return closed ? 0 : receivedBytes;
  }
}

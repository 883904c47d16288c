package io.weir.relay.http2;

import io.weir.relay.budget.WindowSizes;
import io.weir.relay.endpoint.Endpoint;

/**
 * The buffers of a link's socket: as large as its streams have leases for, and a part of its own.
 *
 * <p>What a stream has written cannot be told from what its siblings have; so what the socket holds
 * beyond what its buffer may take now, after one of them was made smaller, is held against each
 * that has less than before: {@link #excessBytes}.
 *
 * <p>Thread: the loop.
 */
public final class LinkBuffers {
  private final Endpoint endpoint;
  private final int ownReceiveBytes;
  private final int ownSendBytes;
  private long receiveBytes;
  private long sendBytes;
  private int autoReceive;
  private int autoSend;
  private int receiveNow;
  private int sendNow;

  LinkBuffers(Endpoint endpoint, int ownReceiveBytes, int ownSendBytes) {
    this.endpoint = endpoint;
    this.ownReceiveBytes = ownReceiveBytes;
    this.ownSendBytes = ownSendBytes;
    apply();
  }

  /** A stream's receive buffer is resized, {@link WindowSizes#AUTO} as far as the kernel likes. */
  public void receive(int from, int to) {
    receiveBytes += Math.max(0, to) - Math.max(0, from);
    autoReceive += auto(to) - auto(from);
    apply();
  }

  /** The same for its send buffer. */
  public void send(int from, int to) {
    sendBytes += Math.max(0, to) - Math.max(0, from);
    autoSend += auto(to) - auto(from);
    apply();
  }

  /** As {@link Endpoint#probe}, of the peer that all streams share. */
  public boolean probe(int silentMillis) {
    return endpoint.probe(silentMillis);
  }

  private static int auto(int bytes) {
    return bytes == WindowSizes.AUTO ? 1 : 0;
  }

  private void apply() {
    int receive = autoReceive > 0 ? WindowSizes.AUTO : step(sum(ownReceiveBytes, receiveBytes));
    if (receive != receiveNow) {
      receiveNow = receive;
      endpoint.limitReceive(receive);
    }
    int send = autoSend > 0 ? WindowSizes.AUTO : step(sum(ownSendBytes, sendBytes));
    if (send != sendNow) {
      sendNow = send;
      endpoint.limitSend(send);
    }
  }

  /** Down to a power of two: small streams that come and go cost no call each. */
  private static int step(int bytes) {
    return Integer.highestOneBit(bytes);
  }

  private static int sum(int own, long streams) {
    return (int) Math.min(own + streams, Integer.MAX_VALUE / 4);
  }

  /** What the socket holds to send beyond what its buffer may take now, bytes. */
  public long excessBytes() {
    return autoSend > 0 ? 0 : Math.max(0, toSendBytes() - sum(ownSendBytes, sendBytes));
  }

  /** Whether a stream of that send buffer can end: the others and the link have room for it. */
  public boolean canLeave(int bytes) {
    return bytes == WindowSizes.AUTO
        ? toSendBytes() <= sum(ownSendBytes, sendBytes)
        : autoSend > 0 || toSendBytes() <= sum(ownSendBytes, sendBytes - bytes);
  }

  private long toSendBytes() {
    return endpoint.heldBytes() - endpoint.receivedBytes();
  }
}

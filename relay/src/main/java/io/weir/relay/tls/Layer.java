package io.weir.relay.tls;

import io.weir.relay.budget.SocketLease;
import io.weir.relay.endpoint.Endpoint;
import java.net.InetSocketAddress;

/** An endpoint on another one, in all that both have in common: the socket. Thread: the loop. */
abstract class Layer implements Endpoint {
  final Endpoint below;

  Layer(Endpoint below) {
    this.below = below;
  }

  @Override
  public boolean open() {
    return below.open();
  }

  @Override
  public SocketLease lease() {
    return below.lease();
  }

  @Override
  public boolean probe(int silentMillis) {
    return below.probe(silentMillis);
  }

  @Override
  public InetSocketAddress peer() {
    return below.peer();
  }

  @Override
  public InetSocketAddress local() {
    return below.local();
  }

  @Override
  public void limitReceive(int bytes) {
    below.limitReceive(bytes);
  }

  @Override
  public void limitSend(int bytes) {
    below.limitSend(bytes);
  }

  @Override
  public int segmentBytes() {
    return below.segmentBytes();
  }

  @Override
  public long promisedBytes() {
    return below.promisedBytes();
  }

  @Override
  public long receivedBytes() {
    return below.receivedBytes();
  }
}

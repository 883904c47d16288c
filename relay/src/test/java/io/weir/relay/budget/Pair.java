package io.weir.relay.budget;

import org.jspecify.annotations.Nullable;

/** A client's connection and the one to the origin, with the flows between them. */
final class Pair {
  final Governor governor;
  final FakeKernel clientKernel;
  final FakeKernel originKernel;
  final SocketLease client;
  final SocketLease origin;
  @Nullable FlowLease down;
  @Nullable FlowLease up;

  Pair(Governor governor, WindowSizes sizes) {
    this.governor = governor;
    clientKernel = new FakeKernel(sizes);
    originKernel = new FakeKernel(sizes);
    client = governor.clientSocket(clientKernel, 0);
    origin = governor.originSocket(originKernel, 0);
  }

  /** Begins a download, or an upload, unless there is one. */
  FlowLease flow(boolean download) {
    if (download) {
      FlowLease flow = down == null ? governor.flow(origin, client) : down;
      down = flow;
      return flow;
    }
    FlowLease flow = up == null ? governor.flow(client, origin) : up;
    up = flow;
    return flow;
  }

  void look(long nowNanos, boolean starved) {
    if (up != null) {
      up.look(nowNanos, starved);
    }
    if (down != null) {
      down.look(nowNanos, starved);
    }
    client.settle();
    origin.settle();
  }

  void endFlows() {
    if (up != null) {
      up.end();
      up = null;
    }
    if (down != null) {
      down.end();
      down = null;
    }
  }

  int flows() {
    return (up == null ? 0 : 1) + (down == null ? 0 : 1);
  }

  long flowExtraBytes() {
    return (up == null ? 0 : extraBytes(up)) + (down == null ? 0 : extraBytes(down));
  }

  private long extraBytes(FlowLease flow) {
    return governor.sizes().extraBytes(flow.level());
  }

  /** The sockets are closed: after that nothing is held. */
  void close() {
    clientKernel.close();
    originKernel.close();
    client.end();
    origin.end();
  }
}

package io.weir.relay.loop;

/** Work that gave way to others and goes on in the loop's next round. */
@FunctionalInterface
public interface Turn {
  /** Goes on with the work. Thread: the loop. Must not throw for a peer's fault. */
  void turn();
}

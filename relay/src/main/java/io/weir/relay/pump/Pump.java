package io.weir.relay.pump;

/** What moves a flow's bytes. It never holds more than its lease. Thread: the loop. */
public interface Pump {
  /** Moves bytes until the source, the sink, the body or the turn is over. */
  Progress run();

  /** Bytes that the sink has taken so far, framing included. */
  long movedBytes();
}

package io.weir.relay.pump;

/** What moves a flow's bytes. It never holds more than its lease. Thread: the loop. */
public interface Pump {
  /** Moves bytes until the source, the sink, the body or the turn is over. */
  Progress run();

  /** Bytes that the sink has taken so far, framing included. */
  long movedBytes();

  /** After {@link Progress#DONE}: whether the source was seen to have more than the body. */
  boolean surplus();

  /** Bytes that were taken from the source and that the sink has not taken. */
  int heldBytes();

  /** Drops what is held. The flow is over; closing twice has no effect. */
  void close();
}

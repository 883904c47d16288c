package io.weir.relay.pump;

/** Why a pump stopped for now, or for good. */
public enum Progress {
  /** The body is over and the sink has taken all of it. */
  DONE,
  /** The source has nothing; its readiness will be told. */
  WAIT_SOURCE,
  /** The sink is full; its readiness will be told. The source is not read meanwhile. */
  WAIT_SINK,
  /** There is more to do, but others come first: run again in the next turn. */
  GIVE_WAY,
  /** The source broke before the body was over. */
  SOURCE_BROKEN,
  /** The source ended too early, or its framing is wrong: {@link Framing#fault()}. */
  MALFORMED,
  /** The sink is gone. */
  SINK_BROKEN
}

package io.weir.relay.endpoint;

/** Who looks after an endpoint. Thread: the loop. */
public interface Attendant {
  /** The endpoint may be readable, writable, ended or failed: see its methods. May be spurious. */
  void ready();

  /**
   * {@link #ready} threw, which is our fault: give up this exchange, close its endpoints, and
   * nothing else. The fault is already recorded.
   */
  void abandon();
}

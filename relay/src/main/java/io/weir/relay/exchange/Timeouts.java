package io.weir.relay.exchange;

/**
 * How long an exchange waits for its peers. No time counts in which the relay itself did not read:
 * a wait for a source ends when the sink is full, and begins anew afterwards.
 *
 * @param headMillis for a request's head, from its first byte (or from accept)
 * @param keepAliveMillis for the next request on a client's connection
 * @param firstByteMillis for the response's head, from the last byte of the request
 * @param idleMillis for the next byte of a body, from a source that is being read
 * @param sendMillis for a sink to take a byte while bytes wait for it
 * @param tunnelMillis for a byte in either direction of a tunnel
 */
public record Timeouts(
    int headMillis,
    int keepAliveMillis,
    int firstByteMillis,
    int idleMillis,
    int sendMillis,
    int tunnelMillis) {
  /** What is used unless the user says otherwise. */
  public static final Timeouts DEFAULT =
      new Timeouts(10_000, 75_000, 60_000, 60_000, 60_000, 3_600_000);
}

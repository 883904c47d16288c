package io.weir.flight;

import io.weir.relay.exchange.HttpServer;
import jdk.jfr.FlightRecorder;

/**
 * Has the relay tell of its exchanges and decisions once a recording runs, by {@code
 * -XX:StartFlightRecording} or later by {@code jcmd PID JFR.start}.
 *
 * <p>It asks once a second instead of registering a listener: the question takes 8 kB of memory, a
 * listener has 340 kB of classes loaded, in every Weir that is never recorded. Confined to the
 * thread that asks.
 */
public final class FlightSwitch {
  private final HttpServer relay;
  private boolean on;

  /** For this relay. */
  public FlightSwitch(HttpServer relay) {
    this.relay = relay;
  }

  /** Looks whether there is a recording by now. */
  public void look() {
    if (!on && FlightRecorder.isInitialized()) {
      on = true;
      FlightEvents events = new FlightEvents();
      relay.observe(events, events);
    }
  }
}

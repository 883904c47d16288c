package io.weir.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Fields as of {@link io.weir.relay.budget.GovernorListener#resized}. */
@Name("io.weir.LeaseResized")
@Label("Lease Resized")
@Category("Weir")
@Description("The lease of a flow has grown or was cut")
@StackTrace(false)
final class LeaseResizedEvent extends Event {
  @Label("From")
  @DataAmount
  long fromBytes;

  @Label("To")
  @DataAmount
  long toBytes;

  @Label("Bytes per Second")
  long bytesPerSecond;
}

package io.weir.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Fields as of {@link io.weir.relay.budget.GovernorListener#fair}. */
@Name("io.weir.FairWindow")
@Label("Fair Window")
@Category("Weir")
@Description("The window beyond which no flow of a loop goes has changed")
@StackTrace(false)
final class FairWindowEvent extends Event {
  @Label("Window")
  @DataAmount
  long windowBytes;

  @Label("Leased")
  @DataAmount
  long leasedBytes;

  @Label("Budget")
  @DataAmount
  long budgetBytes;
}

package io.weir.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** Fields as of {@link io.weir.relay.exchange.ExchangeEnd}. */
@Name("io.weir.Exchange")
@Label("Exchange")
@Category("Weir")
@Description("An exchange that is over, or a head that was refused")
@StackTrace(false)
final class ExchangeEvent extends Event {
  @Label("Peer")
  String peer = "";

  @Label("Method")
  String method = "";

  @Label("Target")
  String target = "";

  @Label("Status")
  int status;

  @Label("Downloaded")
  @DataAmount
  long downloadedBytes;

  @Label("Uploaded")
  @DataAmount
  long uploadedBytes;

  @Label("Took")
  @Timespan(Timespan.MILLISECONDS)
  long tookMillis;

  @Label("Reason")
  @Description("Why it failed or was refused; empty if it did not")
  String reason = "";
}

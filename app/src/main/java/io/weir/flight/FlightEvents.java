package io.weir.flight;

import io.weir.relay.budget.GovernorListener;
import io.weir.relay.exchange.ExchangeEnd;
import io.weir.relay.exchange.ExchangeLog;

/** Writes exchanges and governors' decisions into the recording. Any loop. */
final class FlightEvents implements ExchangeLog, GovernorListener {
  @Override
  public void ended(ExchangeEnd end) {
    ExchangeEvent event = new ExchangeEvent();
    if (event.shouldCommit()) {
      event.peer = end.peer().getHostString() + ":" + end.peer().getPort();
      event.method = end.method();
      event.target = end.target();
      event.status = end.status();
      event.downloadedBytes = end.downloadedBytes();
      event.uploadedBytes = end.uploadedBytes();
      event.tookMillis = end.tookMillis();
      event.reason = end.reason() == null ? "" : end.reason().word();
      event.commit();
    }
  }

  @Override
  public void resized(long fromBytes, long toBytes, long bytesPerSecond) {
    LeaseResizedEvent event = new LeaseResizedEvent();
    if (event.shouldCommit()) {
      event.fromBytes = fromBytes;
      event.toBytes = toBytes;
      event.bytesPerSecond = bytesPerSecond;
      event.commit();
    }
  }

  @Override
  public void fair(long windowBytes, long leasedBytes, long budgetBytes) {
    FairWindowEvent event = new FairWindowEvent();
    if (event.shouldCommit()) {
      event.windowBytes = windowBytes;
      event.leasedBytes = leasedBytes;
      event.budgetBytes = budgetBytes;
      event.commit();
    }
  }
}

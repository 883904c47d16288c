package io.weir.relay.exchange;

import java.util.List;

/**
 * What a listening address speaks and who serves it. Immutable; those that were made from one
 * another share the service, so an origin's idle connections serve them all.
 */
public final class EntrySettings {
  private final Service.Maker service;

  private EntrySettings(Service.Maker service) {
    this.service = service;
  }

  /** Requests are relayed to an origin. */
  public static EntrySettings relay(RelaySettings relay) {
    return new EntrySettings(worker -> new RelayService(worker, relay));
  }

  /** Requests are answered by {@code handler}. */
  public static EntrySettings local(LocalHandler handler) {
    return new EntrySettings(worker -> new LocalService(worker, handler));
  }

  /** The same on one loop. */
  Entry on(Worker worker) {
    return new Entry(worker.service(service), List.of());
  }
}

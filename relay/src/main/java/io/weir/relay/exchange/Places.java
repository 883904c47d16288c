package io.weir.relay.exchange;

import io.weir.relay.forward.Place;
import io.weir.relay.forward.Rules;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginNames;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.origin.OriginPools;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.origin.Reach;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * One loop's connections to the places that clients name, as far as the rules admit them: the name
 * before it is looked up, and each address before it is connected to. Thread: the loop.
 */
final class Places implements AutoCloseable {
  /** Places that one loop keeps in mind; a place takes less than a kilobyte. */
  private static final int POOLS_MAX = 256;

  private record Key(Rules.Way way, Place place) {}

  private final Worker worker;
  private final Rules rules;
  private final OriginSettings settings;
  private final OriginNames names;
  private final OriginPools<Key> pools;

  Places(Worker worker, Rules rules, OriginSettings settings) {
    this.worker = worker;
    this.rules = rules;
    this.settings = settings;
    this.names = new OriginNames(worker.loop, worker.raw, settings.nameServer(), false);
    this.pools = new OriginPools<>(this::pool, POOLS_MAX, settings.idleConnectionsMax());
  }

  private OriginPool pool(Key key) {
    Place place = key.place();
    Reach reach =
        new Reach(
            names, found -> rules.admits(key.way(), place, found) ? null : rules.remark(found));
    return new OriginPool(
        worker.loop,
        worker.governor,
        worker.raw,
        worker.settings.timeouts().sendMillis(),
        new Origin(false, place.host(), place.port(), "/"),
        settings,
        reach);
  }

  /** Whether the place may be looked up; each of its addresses is judged later. */
  boolean admits(Rules.Way way, Place place) {
    return rules.admits(way, place);
  }

  /** What a client is told of a place that is not admitted. */
  String refusal(Place place) {
    InetAddress address = place.address();
    String remark = address == null ? "" : rules.remark(address);
    return "The rules do not allow " + place + (remark.isEmpty() ? "" : ": " + remark);
  }

  /** The connections for requests to a place that is admitted. */
  OriginPool requests(Place place) {
    return pools.of(new Key(Rules.Way.REQUEST, place));
  }

  /** Makes a connection to a place that is admitted, for one client; {@link OriginPool#take}. */
  OriginPool.@Nullable Wait dial(Place place, OriginPool.Taker taker) {
    return pools.of(new Key(Rules.Way.TUNNEL, place)).take(taker, true);
  }

  @Override
  public void close() {
    pools.close();
    names.close();
  }
}

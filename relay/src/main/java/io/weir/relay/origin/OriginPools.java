package io.weir.relay.origin;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * One loop's pools of origins that clients name: bounded, whatever they name. Thread: the loop.
 *
 * <p>The pool that was asked for longest ago is the first to go, and the first whose waiting
 * connections are closed for others. What is under way in a pool that has gone goes on, and closes
 * behind its last exchange.
 *
 * @param <K> what an origin is known by
 */
public final class OriginPools<K> implements AutoCloseable {
  private final LinkedHashMap<K, OriginPool> pools = new LinkedHashMap<>(16, 0.75f, true);
  private final Function<K, OriginPool> maker;
  private final int poolsMax;
  private final int idleConnectionsMax;

  /**
   * @param maker makes the pool of an origin
   * @param poolsMax origins that are kept in mind
   * @param idleConnectionsMax connections of all of them that wait
   */
  public OriginPools(Function<K, OriginPool> maker, int poolsMax, int idleConnectionsMax) {
    this.maker = maker;
    this.poolsMax = poolsMax;
    this.idleConnectionsMax = idleConnectionsMax;
  }

  /** The pool of an origin; for use at once, not to be kept. */
  public OriginPool of(K key) {
    OriginPool known = pools.get(key);
    if (known != null) {
      return known;
    }
    OriginPool fresh = maker.apply(key);
    fresh.onKept(this::limitIdle);
    if (pools.size() >= poolsMax) {
      drop();
    }
    pools.put(key, fresh);
    return fresh;
  }

  /** Drops the oldest pool without a connection, or else the oldest. */
  private void drop() {
    Map.Entry<K, OriginPool> oldest = pools.firstEntry();
    for (Map.Entry<K, OriginPool> entry : pools.entrySet()) {
      if (entry.getValue().unused()) {
        oldest = entry;
        break;
      }
    }
    pools.remove(oldest.getKey());
    oldest.getValue().close();
  }

  private void limitIdle() {
    int idle = 0;
    for (OriginPool pool : pools.values()) {
      idle += pool.idleConnections();
    }
    Iterator<OriginPool> oldest = pools.values().iterator();
    while (idle > idleConnectionsMax && oldest.hasNext()) {
      OriginPool pool = oldest.next();
      while (idle > idleConnectionsMax && pool.idleConnections() > 0) {
        pool.closeOldest();
        idle--;
      }
    }
  }

  /** Pools that are kept in mind. */
  int size() {
    return pools.size();
  }

  /** Closes the connections that wait; those in use are their exchanges'. */
  @Override
  public void close() {
    pools.values().forEach(OriginPool::close);
    pools.clear();
  }
}

package io.weir.admin;

import io.weir.doctor.DoctorJson;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.ledger.Observer;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Target;
import org.jspecify.annotations.Nullable;

/**
 * {@code /memory}: the ledger of this very process, as JSON. A look takes some tens of
 * milliseconds, so whoever asks more often than once a second gets the last one again. Confined to
 * the admin listener's loop.
 */
final class MemoryPage {
  private static final long FRESH_NANOS = 1_000_000_000;

  private @Nullable Observer observer;
  private byte @Nullable [] json;
  private long atNanos;

  /**
   * The ledger, at most a second old.
   *
   * @throws ObstacleException where there is no {@code /proc} as Linux has it
   */
  byte[] json() throws ObstacleException {
    byte[] known = json;
    if (known != null && System.nanoTime() - atNanos < FRESH_NANOS) {
      return known;
    }
    Observer self = observer;
    if (self == null) {
      self = Observer.of(Target.self(), true);
      observer = self;
    }
    Look look = self.look();
    byte[] fresh = DoctorJson.bytes(look, Ledger.of(look));
    json = fresh;
    atNanos = System.nanoTime();
    return fresh;
  }
}

package io.weir.admin;

import io.weir.doctor.DoctorJson;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.ledger.Observer;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Target;
import io.weir.relay.exchange.LocalResponse;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@code /memory}: the ledger of this very process, as JSON. A look takes some tens of
 * milliseconds, so it is taken on a thread that lives as long as it takes, one at a time, and
 * whoever asks more often than once a second gets the last one again.
 *
 * <p>Confined to the admin listener's loop, but for the look itself.
 */
final class MemoryPage {
  private static final long FRESH_NANOS = 1_000_000_000;

  /** Used by one look after the other. */
  private @Nullable Observer observer;

  private CompletableFuture<Seen> last = new CompletableFuture<>();
  private long beganNanos;
  private boolean asked;

  /**
   * What a look has brought.
   *
   * @param ledger null where the process could not be looked at
   * @param page what is answered
   */
  private record Seen(@Nullable Ledger ledger, LocalResponse page) {}

  /** The page, at most a second older than the question; it may come later. */
  CompletableFuture<LocalResponse> answer() {
    return seen(FRESH_NANOS).thenApply(Seen::page);
  }

  /** The ledger, at most so much older than the question, or null where it cannot be had. */
  CompletableFuture<@Nullable Ledger> ledger(long freshNanos) {
    return seen(freshNanos).handle((seen, _) -> seen == null ? null : seen.ledger());
  }

  private CompletableFuture<Seen> seen(long freshNanos) {
    long nowNanos = System.nanoTime();
    boolean underWay = asked && !last.isDone();
    if (!underWay && (!asked || nowNanos - beganNanos >= freshNanos)) {
      CompletableFuture<Seen> next = new CompletableFuture<>();
      asked = true;
      last = next;
      beganNanos = nowNanos;
      try {
        Thread.ofPlatform().daemon().name("ledger").start(() -> look(next));
      } catch (OutOfMemoryError noThread) { // whoever waits must hear of it
        next.completeExceptionally(noThread);
      }
    }
    return last;
  }

  private void look(CompletableFuture<Seen> answer) {
    try {
      Observer self = observer;
      if (self == null) {
        self = Observer.of(Target.self(), true);
        observer = self;
      }
      Look look = self.look();
      Ledger ledger = Ledger.of(look);
      byte[] json = DoctorJson.bytes(look, ledger);
      answer.complete(new Seen(ledger, new LocalResponse(200, AdminPages.JSON, json)));
    } catch (ObstacleException e) {
      answer.complete(new Seen(null, AdminPages.text(503, e.getMessage() + "\n")));
    } catch (Throwable t) {
      answer.completeExceptionally(t);
    }
  }
}

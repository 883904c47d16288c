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

  private CompletableFuture<LocalResponse> last = new CompletableFuture<>();
  private long beganNanos = System.nanoTime() - FRESH_NANOS;
  private boolean asked;

  /** The ledger, at most a second older than the question; it may come later. */
  CompletableFuture<LocalResponse> answer() {
    long nowNanos = System.nanoTime();
    boolean underWay = asked && !last.isDone();
    if (!underWay && nowNanos - beganNanos >= FRESH_NANOS) {
      CompletableFuture<LocalResponse> next = new CompletableFuture<>();
      asked = true;
      last = next;
      beganNanos = nowNanos;
      Thread.ofPlatform().daemon().name("ledger").start(() -> look(next));
    }
    return last;
  }

  private void look(CompletableFuture<LocalResponse> answer) {
    try {
      Observer self = observer;
      if (self == null) {
        self = Observer.of(Target.self(), true);
        observer = self;
      }
      Look look = self.look();
      byte[] json = DoctorJson.bytes(look, Ledger.of(look));
      answer.complete(new LocalResponse(200, AdminPages.JSON, json));
    } catch (ObstacleException e) {
      answer.complete(AdminPages.text(503, e.getMessage() + "\n"));
    } catch (Throwable t) {
      answer.completeExceptionally(t);
    }
  }
}

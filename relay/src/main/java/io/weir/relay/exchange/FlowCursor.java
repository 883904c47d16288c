package io.weir.relay.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/**
 * Goes through the exchanges under way, some at a time, so that no loop is held up by ten thousand
 * of them: between two calls a loop does its own work.
 *
 * <p>Each row is as of the moment its loop was asked. An exchange that goes on from the first call
 * to the last is met at least once, and may be met twice.
 *
 * <p>Thread: any, one call at a time; the answers come from the loops, and what is told here holds
 * from when the last one came.
 */
public final class FlowCursor {
  private final List<Worker> workers;
  private int worker;
  private int place = Integer.MAX_VALUE;
  private long costNanos;

  FlowCursor(List<Worker> workers) {
    this.workers = workers;
  }

  /**
   * The rows of the next connections, which may be none; {@link #over} tells whether there are
   * more.
   *
   * @param connectionsMax that are looked at
   */
  public CompletableFuture<List<FlowRow>> next(int connectionsMax) {
    CompletableFuture<List<FlowRow>> result = new CompletableFuture<>();
    Worker asked = workers.get(worker);
    try {
      asked.loop.execute(() -> answer(asked, connectionsMax, result));
    } catch (RejectedExecutionException loopHasEnded) {
      worker = workers.size();
      result.complete(List.of());
    }
    return result;
  }

  private void answer(Worker asked, int connectionsMax, CompletableFuture<List<FlowRow>> result) {
    long from = System.nanoTime();
    try {
      ArrayList<FlowRow> rows = new ArrayList<>();
      place = asked.rowsBefore(place, connectionsMax, rows);
      if (place == 0) {
        worker++;
        place = Integer.MAX_VALUE;
      }
      costNanos += System.nanoTime() - from;
      result.complete(rows);
    } catch (Throwable t) {
      result.completeExceptionally(t);
    }
  }

  /** Whether all were met. */
  public boolean over() {
    return worker >= workers.size();
  }

  /** What the loops have spent for it so far. */
  public long costNanos() {
    return costNanos;
  }
}

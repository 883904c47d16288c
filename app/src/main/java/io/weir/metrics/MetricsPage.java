package io.weir.metrics;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.LocalResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code /metrics}. A scrape reads numbers that the loops write anyway, and is rendered on a thread
 * of its own that ends when there is nothing to do: neither the relay's loops nor the admin
 * listener's wait for it.
 *
 * <p>The client library is named in {@link Exposition} alone, so nothing of it is loaded before the
 * first scrape. Called on the admin listener's loop.
 */
public final class MetricsPage {
  /** How old the ledger may be, nanoseconds: a look costs some tens of milliseconds of CPU. */
  public static final long LEDGER_FRESH_NANOS = 5_000_000_000L;

  /** Scrapes that may wait for the one under way; a flood of them must not fill the heap. */
  private static final int WAITING_MAX = 8;

  private static final int IDLE_SECONDS = 2;
  private static final LocalResponse BUSY =
      new LocalResponse(
          503,
          "text/plain; charset=us-ascii",
          "too many scrapes at once\n".getBytes(StandardCharsets.US_ASCII));

  private @Nullable ThreadPoolExecutor thread;

  /** Confined to that thread, one after the other. */
  private @Nullable Exposition exposition;

  private @Nullable Pulse pulse;

  /**
   * Has a scrape answered.
   *
   * @param relay whose numbers are told
   * @param memoryBytes what {@code --memory} says
   * @param accept the fields Accept and Accept-Encoding of the request, or empty
   * @param looked the ledger, or null in it where it cannot be had
   */
  public CompletableFuture<LocalResponse> answer(
      HttpServer relay,
      long memoryBytes,
      String accept,
      String acceptEncoding,
      CompletableFuture<? extends @Nullable Ledger> looked) {
    CompletableFuture<LocalResponse> answer = new CompletableFuture<>();
    looked.whenComplete(
        (ledger, _) -> {
          try {
            onThread(answer, () -> scrape(relay, memoryBytes, accept, acceptEncoding, ledger));
          } catch (RejectedExecutionException e) {
            answer.complete(BUSY);
          }
        });
    return answer;
  }

  private interface Work {
    LocalResponse run() throws IOException;
  }

  /** Called on the admin loop or on the ledger's thread. */
  private synchronized void onThread(CompletableFuture<LocalResponse> answer, Work work) {
    ThreadPoolExecutor one = thread;
    if (one == null) {
      one =
          new ThreadPoolExecutor(
              1,
              1,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(WAITING_MAX),
              Thread.ofPlatform().daemon().name("metrics").factory());
      one.allowCoreThreadTimeOut(true);
      thread = one;
    }
    one.execute(
        () -> {
          try {
            answer.complete(work.run());
          } catch (Throwable t) {
            answer.completeExceptionally(t);
          }
        });
  }

  private LocalResponse scrape(
      HttpServer relay,
      long memoryBytes,
      String accept,
      String acceptEncoding,
      @Nullable Ledger ledger)
      throws IOException {
    Exposition known = exposition;
    if (known == null) {
      known = new Exposition();
      exposition = known;
    }
    return known.answer(Sample.of(relay, memoryBytes, beat(), ledger), accept, acceptEncoding);
  }

  private Pulse.@Nullable Beat beat() {
    try {
      Pulse known = pulse;
      if (known == null) {
        known = Pulse.ofThisProcess();
        pulse = known;
      }
      return known.next();
    } catch (IOException e) {
      return null; // there is no /proc here, or not all of it
    }
  }
}

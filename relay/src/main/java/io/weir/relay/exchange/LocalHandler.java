package io.weir.relay.exchange;

import java.util.concurrent.CompletableFuture;

/** Answers requests without an origin, such as those to the admin address. */
@FunctionalInterface
public interface LocalHandler {
  /**
   * Makes the answer, or has it made. Thread: a loop that serves nothing else, so it may take a
   * bounded while; what takes longer completes the future on a thread of its own, any thread.
   */
  CompletableFuture<LocalResponse> handle(LocalRequest request);
}

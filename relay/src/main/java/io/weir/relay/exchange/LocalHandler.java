package io.weir.relay.exchange;

import io.weir.relay.http1.RequestHead;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Answers requests without an origin, such as those to the admin address. */
@FunctionalInterface
public interface LocalHandler {
  /**
   * Makes the answer, or has it made. Thread: a loop that serves nothing else, so it may take a
   * bounded while; what takes longer completes the future on a thread of its own, any thread.
   *
   * @param head of the request, for the length of this call
   * @return null if there is nothing under that path: the answer is then 404
   */
  @Nullable CompletableFuture<LocalResponse> handle(RequestHead head);
}

package io.weir.relay.exchange;

import io.weir.relay.http1.Method;
import org.jspecify.annotations.Nullable;

/** Answers requests without an origin, such as those to the admin address. */
@FunctionalInterface
public interface LocalHandler {
  /**
   * Makes the answer. Thread: a loop that serves nothing else, so it may take a bounded while.
   *
   * @param target path and query as they came
   * @return null if there is nothing under that path: the answer is then 404
   */
  @Nullable LocalResponse handle(Method method, String target);
}

package io.weir.top;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Asks once a second on a thread of its own, so that a Weir that does not answer holds up no key.
 * The memory is asked for every other time: a look costs the one that is looked at some tens of
 * milliseconds.
 */
final class Polling implements AutoCloseable {
  private static final int PERIOD_MILLIS = 1_000;

  private final AdminClient client;
  private final Thread thread;
  private volatile Screen.Data data;

  private Polling(AdminClient client, Screen.Data first) {
    this.client = client;
    this.data = first;
    this.thread = Thread.ofPlatform().daemon().name("polling").unstarted(this::poll);
  }

  static Polling start(AdminClient client, Screen.Data first) {
    Polling polling = new Polling(client, first);
    polling.thread.start();
    return polling;
  }

  /** The last that was read. Any thread. */
  Screen.Data data() {
    return data;
  }

  private void poll() {
    boolean withMemory = false;
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Thread.sleep(PERIOD_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      data = next(data, withMemory);
      withMemory = !withMemory;
    }
  }

  private Screen.Data next(Screen.Data last, boolean withMemory) {
    try {
      Glance now = client.flows();
      MemoryGlance memory = withMemory ? client.memory() : last.memory();
      return new Screen.Data(now, before(last.now(), now), memory, "");
    } catch (IOException | RuntimeException e) { // whatever it is, the screen goes on
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      return new Screen.Data(last.now(), last.before(), last.memory(), why);
    }
  }

  /** The look before, unless the Weir was started anew since: its counts begin at 0 again. */
  private static @Nullable Glance before(Glance last, Glance now) {
    return now.total("exchanges") < last.total("exchanges") ? null : last;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}

package io.weir.relay.exchange;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What Netty warns of in the relay's channels, not in those of test peers. */
final class NettyWarnings extends Handler implements AutoCloseable {
  private static final Logger NETTY = Logger.getLogger("io.netty");

  private final List<String> seen = new CopyOnWriteArrayList<>();

  private NettyWarnings() {
    setLevel(Level.WARNING);
  }

  static NettyWarnings collect() {
    NettyWarnings warnings = new NettyWarnings();
    NETTY.addHandler(warnings);
    return warnings;
  }

  List<String> seen() {
    return seen;
  }

  @Override
  public void publish(LogRecord entry) {
    Throwable thrown = entry.getThrown();
    if (isLoggable(entry)
        && thrown != null
        && Arrays.stream(thrown.getStackTrace())
            .anyMatch(frame -> frame.getClassName().endsWith("EndpointChannel"))) {
      seen.add(entry.getMessage() + ": " + thrown);
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    NETTY.removeHandler(this);
  }
}

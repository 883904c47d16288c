package io.weir.server;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The program's log: a line of time, level and message on standard error. */
public final class ConsoleLog {
  /** Held, since the log system holds its loggers weakly and would forget their levels. */
  private static final Logger ROOT = Logger.getLogger("");

  private static final Logger NETTY = Logger.getLogger("io.netty");

  private ConsoleLog() {}

  /** Sets the log up; before anything logs. */
  public static void install(PrintStream to) {
    LogManager.getLogManager().reset();
    ROOT.setLevel(Level.INFO);
    ROOT.addHandler(new Lines(to));
    NETTY.setLevel(Level.WARNING);
    // Said plainly, so that Netty does not look for other log systems class by class.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
  }

  /** Returns the line, or with a failure the lines, of {@code event}. */
  static String line(LogRecord event, LocalDateTime time, Formatter message) {
    StringBuilder line = new StringBuilder(120);
    line.append(time.toLocalDate()).append(' ');
    two(line, time.getHour()).append(':');
    two(line, time.getMinute()).append(':');
    two(line, time.getSecond()).append(' ');
    line.append(level(event.getLevel())).append("  ").append(message.formatMessage(event));
    if (event.getThrown() != null) {
      appendFailure(line, event.getThrown());
    }
    return line.toString();
  }

  private static void appendFailure(StringBuilder line, Throwable failure) {
    line.append(": ").append(failure);
    for (StackTraceElement frame : failure.getStackTrace()) {
      line.append("\n    at ").append(frame);
    }
    if (failure.getCause() != null) {
      line.append("\n  cause");
      appendFailure(line, failure.getCause());
    }
  }

  private static String level(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "error";
    }
    return level.intValue() >= Level.WARNING.intValue() ? "warn " : "info ";
  }

  private static StringBuilder two(StringBuilder to, int number) {
    return to.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }

  private static final class Lines extends Handler {
    private final PrintStream to;
    private final Formatter message = new MessageOnly();

    /**
     * Read now: where descriptors have run out, which is worth a line, its file cannot be opened.
     */
    private final ZoneId zone = ZoneId.systemDefault();

    Lines(PrintStream to) {
      this.to = to;
      var _ = LocalDateTime.now(zone);
    }

    @Override
    public void publish(LogRecord event) {
      if (isLoggable(event)) {
        to.println(line(event, LocalDateTime.now(zone), message));
      }
    }

    @Override
    public void flush() {
      to.flush();
    }

    @Override
    public void close() {}
  }

  private static final class MessageOnly extends Formatter {
    @Override
    public String format(LogRecord event) {
      return formatMessage(event);
    }
  }
}

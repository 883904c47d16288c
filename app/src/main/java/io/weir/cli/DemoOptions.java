package io.weir.cli;

import io.weir.demo.DemoSettings;
import io.weir.load.Quantity;
import io.weir.server.ListenAddress;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The options of {@code demo}. */
final class DemoOptions {
  private static final int READERS_MAX = 100_000;
  private static final int SECONDS_MAX = 365 * 86_400;

  /**
   * With buffers of the kernel's choice, a thousand slow readers fill all the memory that it grants
   * to TCP, origin and readers included, and then every connection of the machine crawls.
   */
  private static final String SOCKET_BUFFER = "128k";

  private DemoOptions() {}

  static Options all() {
    return new Options(
            "demo",
            "weir demo [OPTION...]",
            "An endless disk image passes through the relay to slow readers: watch the resident set.")
        .value("--seconds", "N", "End after so many seconds (default: at Ctrl-C).")
        .value("--readers", "N", "1000", "Slow readers.")
        .value("--rate", "SIZE", "20k", "What each of them takes in a second.")
        .value("--fast", "N", "2", "Readers that take all they get.")
        .value("--listen", "[HOST:]PORT", "3001", "Where the relay listens.");
  }

  static DemoSettings read(Given given) throws UsageException {
    given.number("--rate", Quantity::bytes, 1, Integer.MAX_VALUE, "1", "2g");
    String rate = given.texts("--rate").getFirst();
    return new DemoSettings(
        given.count("--readers", 0, READERS_MAX),
        rate,
        given.count("--fast", 0, READERS_MAX),
        given.has("--seconds") ? given.count("--seconds", 1, SECONDS_MAX) : 0);
  }

  /** An address that readers on this machine reach as 127.0.0.1. */
  static String listen(Given given) throws UsageException {
    String text = given.texts("--listen").getFirst();
    ListenAddress address;
    try {
      address = ListenAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--listen", e);
    }
    InetSocketAddress socket = address.sockets().getFirst();
    InetAddress ip = socket.getAddress();
    if (!ip.isAnyLocalAddress() && !ip.getHostAddress().equals("127.0.0.1")) {
      throw new UsageException(
          "--listen: the demo's readers come to 127.0.0.1, so give "
              + socket.getPort()
              + " or 0.0.0.0:"
              + socket.getPort());
    }
    return text;
  }

  /** What {@code serve} would make of the same. */
  static ServeSettings relay(String url, String listen) throws StartException {
    try {
      return ServeOptions.read(
          ServeOptions.all()
              .read(
                  "serve",
                  "--resource",
                  url,
                  "--listen",
                  listen,
                  "--socket-buffer",
                  SOCKET_BUFFER));
    } catch (UsageException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }
}

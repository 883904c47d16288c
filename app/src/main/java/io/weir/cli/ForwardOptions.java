package io.weir.cli;

import io.weir.relay.exchange.ForwardSettings;
import io.weir.relay.forward.Rules;
import io.weir.relay.forward.Users;
import io.weir.relay.origin.OriginSettings;
import io.weir.server.ListenAddress;
import io.weir.server.StartException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options of {@code serve} that make it a forward proxy: for whom, and to where. */
final class ForwardOptions {
  private static final int CONNECTIONS_MAX = 1_000_000;

  /** What only a forward proxy has. */
  private static final List<String> OWN =
      List.of("--allow", "--deny", "--users", "--user-connections", "--no-socks", "--open");

  /** What only a reverse proxy has. */
  private static final List<String> REVERSE =
      List.of(
          "--to",
          "--resource",
          "--insecure-origin",
          "--origin-ca",
          "--preserve-host",
          "--no-x-forwarded",
          "--trusted-proxy",
          "--send-proxy",
          "--origin-http2");

  private ForwardOptions() {}

  static void add(Options options) {
    options
        .flag("--forward", "Forward proxy: clients name the origin, by http://HOST/ or CONNECT.")
        .values(
            "--allow",
            "RULE",
            "Only these places: HOST, *.HOST, *, an address or CIDR, each with an optional :PORT,"
                + " :FIRST-LAST (default: all public places, tunnels to ports 80 and 443). Private"
                + " addresses, and this machine's, must be named.")
        .values("--deny", "RULE", "Never these places, whatever --allow says.")
        .value(
            "--users",
            "FILE",
            "Only for these users: a file as of htpasswd -B. SIGHUP reads it anew.")
        .value(
            "--user-connections",
            "N",
            "0",
            "Requests and tunnels of one user at once; 0 is no limit.")
        .flag("--no-socks", "Without SOCKS 4, 4a and 5 where --forward listens.")
        .flag(
            "--open",
            "Serve everybody who can reach a --listen address beyond loopback without --users.");
  }

  /**
   * What was given; null if it is no forward proxy.
   *
   * @param listen where it listens
   * @throws UsageException if it makes no sense, or would be open to everybody
   * @throws StartException if the file of users cannot be used
   */
  static @Nullable ForwardSettings read(
      Given given, List<ListenAddress> listen, OriginSettings origin, long bodyBytesMax)
      throws UsageException, StartException {
    if (!given.has("--forward")) {
      refuse(given, OWN, " is for --forward");
      return null;
    }
    refuse(given, REVERSE, " is not for --forward, where clients name the origin");
    Rules rules = rules(given);
    if (!given.has("--users") && !given.has("--open")) {
      refuseStrangers(listen);
    }
    return new ForwardSettings(
        rules,
        users(given),
        origin,
        given.has("--forwarded"),
        !given.has("--no-via"),
        bodyBytesMax,
        !given.has("--no-socks"));
  }

  private static void refuse(Given given, List<String> options, String why) throws UsageException {
    for (String option : options) {
      if (given.has(option)) {
        throw new UsageException(option + why);
      }
    }
  }

  private static Rules rules(Given given) throws UsageException {
    List<String> allow = given.texts("--allow");
    try {
      Rules.of(allow, List.of());
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--allow", e);
    }
    try {
      return Rules.of(allow, given.texts("--deny"));
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--deny", e);
    }
  }

  private static void refuseStrangers(List<ListenAddress> listen) throws UsageException {
    for (ListenAddress address : listen) {
      if (!address.sockets().stream().allMatch(s -> s.getAddress().isLoopbackAddress())) {
        throw new UsageException(
            "--forward: "
                + address.text()
                + " is beyond loopback, where everybody could go to the internet as this machine:"
                + " give --users FILE, or --open if that is meant");
      }
    }
  }

  private static @Nullable Users users(Given given) throws UsageException, StartException {
    int connectionsMax = given.count("--user-connections", 0, CONNECTIONS_MAX);
    String file = given.text("--users");
    if (file == null) {
      if (connectionsMax > 0) {
        throw new UsageException("--user-connections needs --users");
      }
      return null;
    }
    try {
      return Users.of(Path.of(file), connectionsMax == 0 ? Integer.MAX_VALUE : connectionsMax);
    } catch (IOException | InvalidPathException e) {
      throw new StartException("--users: " + e.getMessage(), e);
    }
  }

  /** What the line at the start says of where requests go. */
  static String text(Given given) {
    int allow = given.texts("--allow").size();
    int deny = given.texts("--deny").size();
    return "to where clients ask, "
        + (allow == 0 ? "all public places" : allow + " allowed by rules")
        + (deny == 0 ? "" : " but " + deny + " denied")
        + (given.has("--users") ? ", for users only" : "");
  }
}

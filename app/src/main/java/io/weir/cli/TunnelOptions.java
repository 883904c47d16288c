package io.weir.cli;

import io.weir.relay.exchange.EntrySettings;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import io.weir.server.ListenAddress;
import io.weir.server.TunnelAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of {@code serve} that pass connections on as they are. */
final class TunnelOptions {
  private static final String TARGET = "HOST:PORT, such as db.example:5432 or [2001:db8::7]:5432";

  private TunnelOptions() {}

  static void add(Options options) {
    options
        .values(
            "--tcp",
            "[HOST:]PORT=HOST:PORT",
            "Pass every connection to the first address on to the second, whatever it says.")
        .values(
            "--sni",
            "[HOST:]PORT",
            "Pass TLS on, without a key, by the server name that the client asks for.")
        .values(
            "--sni-route",
            "NAME=HOST:PORT",
            "Where a server name of --sni leads: NAME, *.NAME for all below it, * for all others.");
  }

  /** Whether there is any. */
  static boolean given(Given given) {
    return !given.texts("--tcp").isEmpty() || !given.texts("--sni").isEmpty();
  }

  /**
   * What was given, in that order.
   *
   * @param origin how connections are made
   * @param sendProxy what each begins with, or null
   */
  static List<TunnelAddress> read(
      Given given, OriginSettings origin, @Nullable ProxyHeaderWriter sendProxy)
      throws UsageException {
    ArrayList<TunnelAddress> all = new ArrayList<>();
    for (String text : given.texts("--tcp")) {
      String[] sides = sides("--tcp", text, "[HOST:]PORT=HOST:PORT");
      Origin target = target("--tcp", sides[1]);
      all.add(
          new TunnelAddress(
              address("--tcp", sides[0]),
              EntrySettings.tcp(target, origin, sendProxy),
              "TCP to " + target.place()));
    }
    Map<String, Origin> routes = routes(given);
    for (String text : given.texts("--sni")) {
      all.add(
          new TunnelAddress(
              address("--sni", text), sni(routes, origin, sendProxy), "TLS by server name"));
    }
    return all;
  }

  private static EntrySettings sni(
      Map<String, Origin> routes, OriginSettings origin, @Nullable ProxyHeaderWriter sendProxy)
      throws UsageException {
    try {
      return EntrySettings.sni(routes, origin, sendProxy);
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--sni-route", e);
    }
  }

  private static Map<String, Origin> routes(Given given) throws UsageException {
    Map<String, Origin> routes = new LinkedHashMap<>();
    for (String text : given.texts("--sni-route")) {
      String[] sides = sides("--sni-route", text, "NAME=HOST:PORT");
      if (routes.put(sides[0], target("--sni-route", sides[1])) != null) {
        throw new UsageException("--sni-route: '" + sides[0] + "' has two targets");
      }
    }
    if (routes.isEmpty() != given.texts("--sni").isEmpty()) {
      throw new UsageException(
          routes.isEmpty()
              ? "--sni: give a --sni-route NAME=HOST:PORT, too, or *=HOST:PORT for every name"
              : "--sni-route is for --sni [HOST:]PORT: where should it listen?");
    }
    return routes;
  }

  private static String[] sides(String option, String text, String right) throws UsageException {
    int equals = text.indexOf('=');
    if (equals < 1 || equals == text.length() - 1) {
      throw new UsageException(option + ": '" + text + "' is not " + right);
    }
    return new String[] {text.substring(0, equals), text.substring(equals + 1)};
  }

  private static Origin target(String option, String text) throws UsageException {
    int colon = text.lastIndexOf(':');
    boolean plain = text.chars().noneMatch(c -> c == '/' || c == '?' || c == '#' || c == '@');
    try {
      if (plain && colon > 0 && colon < text.length() - 1 && text.indexOf(']') < colon) {
        return Origin.parse("http://" + text);
      }
    } catch (IllegalArgumentException e) {
      throw new UsageException(option + ": '" + text + "' is not " + TARGET);
    }
    throw new UsageException(option + ": '" + text + "' is not " + TARGET);
  }

  private static ListenAddress address(String option, String text) throws UsageException {
    try {
      return ListenAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw Given.complaint(option, e);
    }
  }
}

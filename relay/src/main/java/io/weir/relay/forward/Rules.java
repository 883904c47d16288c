package io.weir.relay.forward;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which places clients may be connected to.
 *
 * <pre>
 *   admits(way, place)            before the name is looked up: is it worth it?
 *   admits(way, place, address)   for each address that came of it, and that one is connected to
 * </pre>
 *
 * <h2>What holds</h2>
 *
 * The order of the rules does not matter. A place that a {@code --deny} is about is denied. Else,
 * without any {@code --allow}, every public place is allowed on the usual ports; with one, what at
 * least one of them is about.
 *
 * <h2>Addresses that are not public</h2>
 *
 * Those of this host and its network are allowed only where a rule names them: by a range that lies
 * inside a special one ({@link SpecialAddresses}), or by the exact name of the host. {@code *}, a
 * domain and a range such as 0.0.0.0/0 open the public ones alone: else whoever has a name below
 * that domain, or any at all, could have it lead to 127.0.0.1.
 *
 * <p>An address that an interface of this machine has ({@link OwnAddresses}) is no more public than
 * 127.0.0.1, which leads to the same services. What names it is itself, or a range that lies inside
 * the interface's network.
 *
 * <h2>Rebinding</h2>
 *
 * What was checked is connected to: the address itself, never the name once more. So a name that
 * leads elsewhere a moment later changes nothing.
 *
 * <h2>Ports</h2>
 *
 * A rule without a port is about all of them. Without any {@code --allow} the usual ones are open:
 * for a tunnel 80 and 443, for a request these and all from 1024 on. A tunnel to port 25 would make
 * a relay for mail of the proxy.
 *
 * <p>Immutable; any thread. The reasons: docs/decisions/0020.
 */
public final class Rules {
  /** What the client asks for: what passes through a tunnel, nobody sees. */
  public enum Way {
    REQUEST,
    TUNNEL
  }

  /** Every public place, on the usual ports. */
  public static final Rules PUBLIC = of(List.of(), List.of());

  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;
  private static final int REGISTERED_PORT_MIN = 1024;

  private final List<Rule> allow;
  private final List<Rule> deny;
  private final OwnAddresses own;

  private Rules(List<Rule> allow, List<Rule> deny, OwnAddresses own) {
    this.allow = allow;
    this.deny = deny;
    this.own = own;
  }

  /**
   * Reads rules.
   *
   * @throws IllegalArgumentException with a sentence about the first that is none
   */
  public static Rules of(List<String> allow, List<String> deny) {
    return of(allow, deny, OwnAddresses.OF_THIS_MACHINE);
  }

  static Rules of(List<String> allow, List<String> deny, OwnAddresses own) {
    return new Rules(
        allow.stream().map(Rule::parse).toList(), deny.stream().map(Rule::parse).toList(), own);
  }

  /**
   * Whether the place may be looked up. For an address, that is the answer; for a name, each of its
   * addresses is still to be asked about.
   */
  public boolean admits(Way way, Place place) {
    InetAddress address = place.address();
    if (address != null) {
      return admits(way, place, address);
    }
    if (deniesName(place)) {
      return false;
    }
    if (allow.isEmpty()) {
      return isUsual(way, place.port());
    }
    for (Rule rule : allow) {
      boolean mayCover = rule.coversName(place) || rule.hosts() instanceof Rule.Within;
      if (mayCover && rule.coversPort(place.port())) {
        return true;
      }
    }
    return false;
  }

  /** Whether the place may be connected to at this address. */
  public boolean admits(Way way, Place place, InetAddress address) {
    if (deniesName(place) || deniesAddress(address, place.port())) {
      return false;
    }
    AddressRange home = home(address);
    boolean isPublic = home == null && SpecialAddresses.isPublic(address);
    if (allow.isEmpty()) {
      return isPublic && isUsual(way, place.port());
    }
    for (Rule rule : allow) {
      if (rule.coversPort(place.port()) && allows(rule, place, address, isPublic, home)) {
        return true;
      }
    }
    return false;
  }

  /** What is to be said of an address that was not admitted, beyond that; empty if nothing is. */
  public String remark(InetAddress address) {
    return home(address) == null ? "" : "it is this machine's own address";
  }

  /** The network of this machine's in which the address, or what it leads to, is its own. */
  private @Nullable AddressRange home(InetAddress address) {
    InetAddress inside = SpecialAddresses.embedded(address);
    return own.network(inside == null ? address : inside);
  }

  private static boolean allows(
      Rule rule, Place place, InetAddress address, boolean isPublic, @Nullable AddressRange home) {
    return switch (rule.hosts()) {
      case Rule.Exactly _ -> rule.coversName(place);
      case Rule.Any _, Rule.Below _ -> isPublic && rule.coversName(place);
      case Rule.Within(AddressRange range, boolean special) ->
          (isPublic || special || (home != null && home.holds(range)))
              && rule.coversAddress(address);
    };
  }

  private boolean deniesName(Place place) {
    for (Rule rule : deny) {
      if (rule.coversName(place) && rule.coversPort(place.port())) {
        return true;
      }
    }
    return false;
  }

  private boolean deniesAddress(InetAddress address, int port) {
    InetAddress inside = SpecialAddresses.embedded(address);
    for (Rule rule : deny) {
      boolean covers =
          rule.coversAddress(address) || (inside != null && rule.coversAddress(inside));
      if (covers && rule.coversPort(port)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isUsual(Way way, int port) {
    return port == HTTP_PORT
        || port == HTTPS_PORT
        || (way == Way.REQUEST && port >= REGISTERED_PORT_MIN);
  }
}

package io.weir.relay.exchange;

import io.weir.relay.endpoint.Connector;
import io.weir.relay.forward.Credentials;
import io.weir.relay.forward.Place;
import io.weir.relay.forward.Rules;
import io.weir.relay.forward.User;
import io.weir.relay.forward.Users;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Scratch;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.socks.SocksMessage;
import io.weir.relay.socks.SocksReader;
import io.weir.relay.socks.SocksReply;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A SOCKS client (RFC 1928, RFC 1929; 4 and 4a).
 *
 * <pre>
 *            4: request
 *   FIRST ------------------------------------------+
 *     | 5: methods                                  v     rules
 *     +--nobody is asked--------------> REQUEST --> NAMED --> connected: granted, tunnel
 *     |                                    ^
 *     +--users--> PASSWORD --> CHECKED ----+
 * </pre>
 *
 * <p>The rules are those of CONNECT. Who is unknown learns nothing of them; version 4 knows no
 * passwords, so where there are users it is refused. Thread: the loop.
 */
final class SocksConnection extends TunnelConnection {
  private enum Stage {
    FIRST,
    PASSWORD,
    CHECKED,
    REQUEST,
    NAMED
  }

  private final Places places;
  private final @Nullable Users users;
  private Stage stage = Stage.FIRST;
  private int version = SocksReader.VERSION_5;

  /** Of the message that is not consumed yet, once it is understood. */
  private int messageBytes;

  private Users.@Nullable Pending pending;
  private @Nullable User user;
  private @Nullable User counted;
  private @Nullable Place place;

  /** What the reply says, where that does not follow from the reason. */
  private @Nullable SocksReply reply;

  SocksConnection(Worker worker, LeastLease lease, Places places, @Nullable Users users) {
    super(worker, lease);
    this.places = places;
    this.users = users;
  }

  @Override
  void greet() {
    if (stage == Stage.CHECKED) {
      return;
    }
    int arrived = peek();
    if (arrived == 0) {
      return;
    }
    byte[] bytes = loop.in().bytes();
    int from = Scratch.HEADROOM_BYTES;
    SocksMessage message =
        switch (stage) {
          case FIRST -> SocksReader.first(bytes, from, from + arrived);
          case PASSWORD -> SocksReader.password(bytes, from, from + arrived);
          default -> SocksReader.request(bytes, from, from + arrived);
        };
    switch (message) {
      case SocksMessage.Incomplete _ -> awaitMore(arrived);
      case SocksMessage.Malformed(String why) -> refuseGreeting(Reason.BAD_GREETING, why);
      case SocksMessage.AddressKindUnknown _ -> {
        reply = SocksReply.ADDRESS_KIND_UNKNOWN;
        refuseGreeting(Reason.BAD_GREETING, "the kind of its target's address is not known");
      }
      case SocksMessage.Methods methods -> choose(methods);
      case SocksMessage.Password password -> check(password);
      case SocksMessage.Request request -> named(request);
    }
  }

  // --- Who it is --------------------------------------------------------------------------------

  private void choose(SocksMessage.Methods offered) {
    boolean asked = users != null;
    if (asked ? !offered.password() : !offered.anonymous()) {
      refuseGreeting(Reason.PROXY_AUTHENTICATION, "no method of SOCKS that is served is offered");
      return;
    }
    SocksReply.Method method = asked ? SocksReply.Method.PASSWORD : SocksReply.Method.ANONYMOUS;
    int length = SocksReply.method(method, loop.out().bytes());
    goOn(offered.length(), length, asked ? Stage.PASSWORD : Stage.REQUEST);
  }

  /** Answers one message, and goes on with the next, which may be there already. */
  private void goOn(int consumed, int length, Stage next) {
    if (say(consumed, length)) {
      stage = next;
      giveWay();
    }
  }

  private void check(SocksMessage.Password given) {
    Users all = users;
    if (all == null) {
      throw new IllegalStateException("a password that nobody asked for");
    }
    messageBytes = given.length();
    Credentials credentials =
        new Credentials(new String(given.name(), StandardCharsets.UTF_8), given.password());
    User known = all.known(credentials);
    if (known != null) {
      checked(known);
      return;
    }
    stage = Stage.CHECKED;
    InetAddress peer = endpoint().peer().getAddress();
    pending = all.verify(credentials, peer, loop, this::checkedLater);
    if (pending == null) {
      refuseGreeting(Reason.OVERLOADED, "too many passwords wait to be checked");
    }
  }

  private void checkedLater(@Nullable User found) {
    pending = null;
    if (!greeting()) {
      return; // it has gone
    }
    try {
      checked(found);
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  private void withdraw() {
    if (pending != null) {
      pending.withdraw();
      pending = null;
    }
  }

  private void checked(@Nullable User found) {
    if (found == null) {
      refuseGreeting(Reason.PROXY_AUTHENTICATION, "the name or the password is wrong");
      return;
    }
    user = found;
    goOn(messageBytes, SocksReply.password(true, loop.out().bytes()), Stage.REQUEST);
  }

  // --- Where it wants to ------------------------------------------------------------------------

  private void named(SocksMessage.Request request) {
    stage = Stage.NAMED;
    version = request.version();
    messageBytes = request.length();
    if (users != null && user == null) {
      refuseGreeting(Reason.PROXY_AUTHENTICATION, "SOCKS 4 has no passwords");
    } else if (request.command() != SocksReader.CONNECT) {
      refuseGreeting(Reason.METHOD_NOT_SERVED, "command " + request.command() + " of SOCKS");
    } else {
      ask(request);
    }
  }

  private void ask(SocksMessage.Request request) {
    Place asked;
    try {
      asked = place(request);
    } catch (IllegalArgumentException e) {
      refuseGreeting(Reason.BAD_HOST, String.valueOf(e.getMessage()));
      return;
    }
    place = asked;
    if (!places.admits(Rules.Way.TUNNEL, asked)) {
      refuseGreeting(Reason.FORBIDDEN, places.refusal(asked));
    } else if (user != null && !user.enter()) {
      refuseGreeting(Reason.USER_LIMIT, "");
    } else {
      counted = user;
      connect();
    }
  }

  private static Place place(SocksMessage.Request request) {
    InetAddress address = request.address();
    return address == null
        ? Place.of(request.name(), request.port())
        : Place.of(address, request.port());
  }

  // --- Its tunnel -------------------------------------------------------------------------------

  @Override
  int greetingBytesMax() {
    return SocksReader.LENGTH_MAX;
  }

  @Override
  public @Nullable String user() {
    return user == null ? null : user.logName();
  }

  @Override
  public String method() {
    return version == SocksReader.VERSION_4 ? "SOCKS4" : "SOCKS5";
  }

  @Override
  public String target() {
    return place == null ? "-" : place.toString();
  }

  @Override
  public OriginPool.@Nullable Wait dial(OriginPool.Taker taker) {
    Place named = place;
    if (named == null) {
      throw new IllegalStateException("a tunnel without a far side");
    }
    return places.dial(named, taker);
  }

  @Override
  public int accept(byte[] to) {
    endpoint().skip(messageBytes);
    return SocksReply.GRANTED.write(version, to);
  }

  @Override
  int refusal(Reason reason, String why, byte[] to) {
    withdraw();
    return switch (stage) {
      case FIRST ->
          reason == Reason.PROXY_AUTHENTICATION
              ? SocksReply.method(SocksReply.Method.NONE_THAT_IS_OFFERED, to)
              : 0; // it may speak anything
      case PASSWORD, CHECKED -> SocksReply.password(false, to);
      case REQUEST, NAMED -> (reply == null ? reply(reason, why) : reply).write(version, to);
    };
  }

  private static SocksReply reply(Reason reason, String why) {
    return switch (reason) {
      case FORBIDDEN -> SocksReply.NOT_ALLOWED;
      case METHOD_NOT_SERVED -> SocksReply.COMMAND_UNKNOWN;
      case ORIGIN_NAME_UNKNOWN, ORIGIN_CONNECT_TIMEOUT -> SocksReply.HOST_UNREACHABLE;
      case ORIGIN_UNREACHABLE -> unreachable(why);
      default -> SocksReply.FAILED;
    };
  }

  /** What the last address that was tried has said. */
  private static SocksReply unreachable(String why) {
    if (why.endsWith(Connector.REFUSED)) {
      return SocksReply.REFUSED;
    }
    return why.endsWith(Connector.NETWORK_UNREACHABLE)
        ? SocksReply.NETWORK_UNREACHABLE
        : SocksReply.HOST_UNREACHABLE;
  }

  @Override
  void gone() {
    withdraw();
    if (counted != null) {
      counted.leave();
      counted = null;
    }
  }
}

package io.weir.relay.exchange;

import io.weir.relay.forward.Credentials;
import io.weir.relay.forward.Place;
import io.weir.relay.forward.Rules.Way;
import io.weir.relay.forward.User;
import io.weir.relay.forward.Users;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.KnownField;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.RequestWriter;
import io.weir.relay.http1.UpstreamPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connects the clients of one loop to the places that they name: requests in absolute-form are
 * relayed, CONNECT begins a tunnel.
 *
 * <pre>
 *   head --form--> place --users--> user --rules--> counted --> RelayedExchange, TunnelExchange
 *          | 400             | 407            | 403      | 429
 *          |                 +--first time: PasswordCheck, then on from there
 * </pre>
 *
 * <p>Who is unknown learns nothing of the rules. Thread: the loop.
 */
final class ForwardService implements Service {
  private static final int HTTP_PORT = 80;

  /** A client's word on earlier hops is its own business with the origin. */
  private static final TrustedProxies EVERYBODY = TrustedProxies.of(List.of("0.0.0.0/0", "::/0"));

  private final Worker worker;
  private final ForwardSettings settings;
  private final RequestWriter writer;
  private final Places places;

  ForwardService(Worker worker, ForwardSettings settings) {
    this.worker = worker;
    this.settings = settings;
    this.writer =
        new RequestWriter(
            new UpstreamPolicy(
                new byte[0], new byte[0], null, true, false, settings.forwarded(), settings.via()));
    this.places = new Places(worker, settings.rules(), settings.originSettings());
  }

  /** Where clients may be connected to, also for other ways in than HTTP. */
  Places places() {
    return places;
  }

  /** Who may ask, or null for everybody; also for other ways in than HTTP. */
  @Nullable Users users() {
    return settings.users();
  }

  @Override
  public List<Opening> openings() {
    if (!settings.socks()) {
      return List.of();
    }
    return List.of(new SocksOpening(worker, places, settings.users()));
  }

  @Override
  public boolean takes(Method method) {
    return method != Method.TRACE;
  }

  @Override
  public boolean clientsNameOrigin() {
    return true;
  }

  @Override
  public @Nullable Exchange begin(ClientConnection client, RequestHead head) {
    Place place;
    try {
      place = place(head);
    } catch (IllegalArgumentException e) {
      client.refuse(Reason.BAD_HOST, String.valueOf(e.getMessage()), false);
      return null;
    }
    if (place == null) {
      client.refuse(Reason.TARGET_FORM, rightForm(head), false);
      return null;
    }
    Users users = settings.users();
    return users == null
        ? begin(client, head, place, null)
        : authenticate(client, head, place, users);
  }

  /** Where the request goes; null if its target's form does not say. */
  private static @Nullable Place place(RequestHead head) {
    if (head.method() == Method.CONNECT) {
      return head.hasBody() ? null : place(head.target(), 0);
    }
    return head.absoluteForm() && !head.secureScheme() ? place(head.host(), HTTP_PORT) : null;
  }

  /**
   * @param portIfNone the port where none is named, or 0 if one must be
   */
  private static @Nullable Place place(String authority, int portIfNone) {
    int colon = authority.lastIndexOf(':');
    boolean inBrackets = colon < authority.indexOf(']');
    String digits = colon < 0 || inBrackets ? "" : authority.substring(colon + 1);
    String host = colon < 0 || inBrackets ? authority : authority.substring(0, colon);
    int port = digits.isEmpty() ? portIfNone : Integer.parseInt(digits);
    return digits.isEmpty() && portIfNone == 0 ? null : Place.of(host, port);
  }

  private static String rightForm(RequestHead head) {
    if (head.method() == Method.CONNECT) {
      return "CONNECT names HOST:PORT and has no content";
    }
    return head.secureScheme()
        ? "To https there is a tunnel: CONNECT HOST:443"
        : "This is a forward proxy: ask for http://HOST/PATH, or CONNECT HOST:PORT";
  }

  private @Nullable Exchange authenticate(
      ClientConnection client, RequestHead head, Place place, Users users) {
    String value = head.value(KnownField.PROXY_AUTHORIZATION);
    Credentials given = value == null ? null : Credentials.basic(value);
    if (given == null) {
      client.refuse(Reason.PROXY_AUTHENTICATION, "", true);
      return null;
    }
    User known = users.known(given);
    if (known != null) {
      return begin(client, head, place, known);
    }
    PasswordCheck check =
        new PasswordCheck(client, worker, (again, user) -> begin(client, again, place, user));
    if (!check.begin(users, given)) {
      client.refuse(Reason.OVERLOADED, "Too many passwords wait to be checked", true);
      return null;
    }
    return check;
  }

  private @Nullable Exchange begin(
      ClientConnection client, RequestHead head, Place place, @Nullable User user) {
    boolean connect = head.method() == Method.CONNECT;
    if (!places.admits(connect ? Way.TUNNEL : Way.REQUEST, place)) {
      client.refuse(Reason.FORBIDDEN, places.refusal(place), true);
      return null;
    }
    long limit = settings.bodyBytesMax();
    if (limit >= 0 && head.contentLength() > limit) {
      client.refuse(Reason.BODY_TOO_LARGE, "The limit is " + limit + " bytes", false);
      return null;
    }
    if (user != null && !user.enter()) {
      client.refuse(Reason.USER_LIMIT, "", true);
      return null;
    }
    return connect ? tunnel(client, head, place, user) : request(client, head, place, user);
  }

  private Exchange tunnel(
      ClientConnection client, RequestHead head, Place place, @Nullable User user) {
    TunnelExchange exchange =
        new TunnelExchange(worker, new ConnectEntrance(worker, client, head, places, place, user));
    try {
      exchange.begin();
    } catch (RuntimeException e) {
      exchange.cut(Reason.INTERNAL); // gives back what it has taken
      throw e;
    }
    return exchange;
  }

  private Exchange request(
      ClientConnection client, RequestHead head, Place place, @Nullable User user) {
    Upstream upstream =
        new Upstream(
            places.requests(place), writer, settings.bodyBytesMax(), EVERYBODY, user, null);
    RelayedExchange exchange = new RelayedExchange(client, upstream, head, worker);
    try {
      exchange.connect(false);
    } catch (RuntimeException e) {
      exchange.cut(Reason.INTERNAL); // gives back what it has taken
      throw e;
    }
    return exchange;
  }

  @Override
  public void close() {
    places.close();
  }
}

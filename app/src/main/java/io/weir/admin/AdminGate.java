package io.weir.admin;

import io.weir.relay.exchange.LocalRequest;
import io.weir.relay.exchange.LocalResponse;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who comes in at the admin address. Immutable, any thread.
 *
 * <pre>
 *   /healthz, /readyz, /metrics if it is open ------------------------------> in
 *   a page of another site asks, other than by a link: Sec-Fetch-Site, Origin -> 403
 *   no token is set, and Host is a name that is not ours --------------------> 403
 *   a token is set, and the request does not bring it -----------------------> 401
 *   else --------------------------------------------------------------------> in
 * </pre>
 *
 * <h2>Why Host</h2>
 *
 * A page on the internet may have its own name point to 127.0.0.1 (DNS rebinding); its browser then
 * takes our answers for that page's own, and lets it read them. The Host field still has the name.
 * An IP address cannot be rebound, and {@code localhost} is nobody else's. Where a token is set the
 * name does not matter, since that page has none.
 */
final class AdminGate {
  private static final String BASIC = "basic ";
  private static final String BEARER = "bearer ";

  private static final LocalResponse NO_TOKEN =
      AdminPages.text(
              401,
              "give the token: curl -u :TOKEN, a browser's password, or Authorization: Bearer TOKEN\n")
          .with("WWW-Authenticate: Basic realm=\"weir admin\", charset=\"UTF-8\"\r\n");

  private static final LocalResponse OTHER_SITE =
      AdminPages.text(403, "a page of another site may not ask this\n");

  private static final LocalResponse OTHER_NAME =
      AdminPages.text(
          403,
          "ask by IP address, by localhost, or by the name given to --admin: the request's Host is"
              + " none of these\n");

  private final AdminAccess access;

  AdminGate(AdminAccess access) {
    this.access = access;
  }

  /** Why a request does not come in, or null if it does. */
  @Nullable LocalResponse refusal(LocalRequest request) {
    if (isOpen(request.path())) {
      return null;
    }
    if (isFromOtherSite(request)) {
      return OTHER_SITE;
    }
    String token = access.token();
    if (token == null) {
      return isOurs(request.host()) ? null : OTHER_NAME;
    }
    return brings(request.authorization(), token) ? null : NO_TOKEN;
  }

  private boolean isOpen(String path) {
    return switch (path) {
      case "/healthz", "/readyz" -> true;
      case "/metrics" -> access.metricsOpen();
      default -> false;
    };
  }

  private static boolean isFromOtherSite(LocalRequest request) {
    boolean link = request.reads() && request.fetchMode().equals("navigate");
    boolean siteKnown = !request.fetchSite().isEmpty();
    boolean ownSite =
        request.fetchSite().equals("same-origin") || request.fetchSite().equals("none");
    if (siteKnown && !ownSite && !link) {
      return true;
    }
    return !request.origin().isEmpty() && !isOrigin(request.origin(), request.host());
  }

  /** A browser also sends {@code null}, which is nobody's. TLS may have ended before us. */
  private static boolean isOrigin(String origin, String host) {
    String lower = origin.toLowerCase(Locale.ROOT);
    String own = host.toLowerCase(Locale.ROOT);
    return !own.isEmpty() && (lower.equals("http://" + own) || lower.equals("https://" + own));
  }

  /** Browsers always send a host; HTTP/1.0 programs need not. */
  private boolean isOurs(String host) {
    String name = withoutPort(host).toLowerCase(Locale.ROOT);
    return name.isEmpty()
        || name.equals("localhost")
        || name.endsWith(".localhost")
        || access.names().contains(name)
        || isAddress(name);
  }

  private static String withoutPort(String host) {
    int bracket = host.lastIndexOf(']');
    int colon = host.indexOf(':', Math.max(bracket, 0));
    return colon < 0 ? host : host.substring(0, colon);
  }

  private static boolean isAddress(String name) {
    boolean bracketed = name.startsWith("[") && name.endsWith("]");
    try {
      InetAddress.ofLiteral(bracketed ? name.substring(1, name.length() - 1) : name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean brings(String authorization, String token) {
    String scheme = authorization.toLowerCase(Locale.ROOT);
    if (scheme.startsWith(BEARER)) {
      return same(authorization.substring(BEARER.length()).strip(), token);
    }
    return scheme.startsWith(BASIC) && same(password(authorization), token);
  }

  /** Of RFC 7617, whoever the user is; empty where it is none. */
  private static String password(String authorization) {
    try {
      byte[] pair = Base64.getDecoder().decode(authorization.substring(BASIC.length()).strip());
      String text = new String(pair, StandardCharsets.UTF_8);
      return text.substring(text.indexOf(':') + 1);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** In a time that does not tell how much of it is right. */
  private static boolean same(String given, String token) {
    return MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
  }
}

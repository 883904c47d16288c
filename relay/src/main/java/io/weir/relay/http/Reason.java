package io.weir.relay.http;

/**
 * Why an exchange failed or was refused. The word is stable: the {@code Weir-Error} field, the log
 * and the metric's label carry it. Immutable, free to use from any thread.
 */
public enum Reason {
  /** The head breaks the syntax of RFC 9112. */
  BAD_REQUEST("bad-request", 400, "The request is not well formed."),
  /** Two readers could disagree where this message ends: every form of request smuggling. */
  BAD_FRAMING("bad-framing", 400, "The request's framing is ambiguous or not well formed."),
  /** Host is missing, repeated or not a host (RFC 9112, 3.2). */
  BAD_HOST("bad-host", 400, "The request must name exactly one valid host."),
  /** The client spoke without TLS where TLS is spoken. */
  PLAIN_TEXT("plain-text", 400, "This port speaks TLS: ask by https."),
  /** The target's form is not the one that is served here (RFC 9112, 3.2). */
  TARGET_FORM("target-form", 400, "The request's target has not the form that is served here."),
  /** What a proxy before us should say of the client's connection is missing or not well formed. */
  PROXY_HEADER("proxy-header", 400, "The PROXY protocol header is missing or not well formed."),
  /** A PROXY protocol header from a peer from which none is taken. */
  PROXY_HEADER_UNTRUSTED(
      "proxy-header-untrusted", 400, "No PROXY protocol header is taken from this peer."),
  /** The rules of the forward proxy do not allow this place. */
  FORBIDDEN("forbidden", 403, "Connections to this place are not allowed."),
  /** The forward proxy wants a name and a password, and did not get a right one. */
  PROXY_AUTHENTICATION(
      "proxy-authentication", 407, "This proxy wants a name and the password for it."),
  /** One user has as many requests and tunnels under way as may be. */
  USER_LIMIT("user-limit", 429, "This user has as many requests under way as may be."),
  /** The path has dot segments, which could leave the configured base path. */
  PATH_ESCAPES("path-escapes", 400, "The path must not contain dot segments."),
  /** Only GET and HEAD are served here. */
  METHOD_NOT_ALLOWED("method-not-allowed", 405, "This resource is read with GET or HEAD only."),
  /** The head or the body did not arrive in time. */
  REQUEST_TIMEOUT("request-timeout", 408, "The request did not arrive in time."),
  /** The request's body is longer than the configured limit. */
  BODY_TOO_LARGE("body-too-large", 413, "The request's body is larger than the limit."),
  /** The request target is longer than the limit. */
  TARGET_TOO_LONG("target-too-long", 414, "The request target is longer than the limit."),
  /** The head, or the trailer section, has more bytes or fields than the limit. */
  HEAD_TOO_LARGE("head-too-large", 431, "The header fields are larger than the limit."),
  /** TRACE, and CONNECT where no forward proxy is. */
  METHOD_NOT_SERVED("method-not-served", 501, "This method is not served."),
  /** A transfer coding other than chunked (RFC 9112, 6.1). */
  TRANSFER_CODING_UNKNOWN(
      "transfer-coding-unknown", 501, "The only transfer coding understood is chunked."),
  /** The major version is not 1 (RFC 9112, 2.3). */
  VERSION_NOT_SUPPORTED("version-not-supported", 505, "HTTP/1.1 and HTTP/1.0 are spoken here."),
  /** The fields of an HTTP/2 request break RFC 9113, 8; its stream was reset. */
  HTTP2_MALFORMED("http2-malformed", 0, "The request's fields break the rules of HTTP/2."),
  /** The peer broke the rules of RFC 9113 or RFC 7541; its connection was closed. */
  HTTP2_ERROR("http2-error", 0, "The peer broke the rules of HTTP/2."),
  /** The peer sent more resets or control frames than the limits; its connection was closed. */
  HTTP2_FLOOD("http2-flood", 0, "The peer sent more resets or control frames than the limit."),
  /** There is nothing under this path; only the admin pages say so themselves. */
  NOT_FOUND("not-found", 404, "There is nothing here."),
  /** The origin's name did not resolve. */
  ORIGIN_NAME_UNKNOWN("origin-name-unknown", 502, "The origin's name could not be resolved."),
  /** The connection to the origin was refused or reset while connecting. */
  ORIGIN_UNREACHABLE("origin-unreachable", 502, "The origin could not be reached."),
  /** The TLS handshake with the origin failed. */
  ORIGIN_TLS("origin-tls", 502, "No secure connection to the origin could be made."),
  /** --origin-http2, and the origin speaks something else. */
  ORIGIN_NO_HTTP2("origin-no-http2", 502, "The origin does not speak HTTP/2."),
  /** An HTTP/2 origin whose settings do not allow extended CONNECT (RFC 8441). */
  ORIGIN_NO_WEBSOCKET("origin-no-websocket", 502, "The origin takes no WebSocket over HTTP/2."),
  /** The origin closed before a whole response head had come. */
  ORIGIN_CLOSED("origin-closed", 502, "The origin closed the connection without a response."),
  /** The origin's response head breaks the rules of RFC 9112. */
  ORIGIN_BAD_RESPONSE("origin-bad-response", 502, "The origin's response is not well formed."),
  /** Connecting to the origin took too long. */
  ORIGIN_CONNECT_TIMEOUT("origin-connect-timeout", 504, "The origin did not connect in time."),
  /** No response head came in time. */
  ORIGIN_TIMEOUT("origin-timeout", 504, "The origin did not respond in time."),
  /** The budget or a limit of connections is spent. */
  OVERLOADED("overloaded", 503, "There is no capacity for this request now."),
  /** The process is shutting down. */
  DRAINING("draining", 503, "The proxy is shutting down."),
  /** A fault of this program. */
  INTERNAL("internal", 500, "The proxy failed; this is a fault of its own."),
  /** The client and this side did not come to terms on TLS, or the client left meanwhile. */
  TLS_HANDSHAKE("tls-handshake", 0, "The TLS handshake failed."),
  /** The client did not end its TLS handshake in time. */
  TLS_TIMEOUT("tls-timeout", 0, "The TLS handshake was not over in time."),
  /** What a client of raw TLS or SOCKS said first is not well formed. */
  BAD_GREETING("bad-greeting", 0, "What the client said first is not well formed."),
  /** No --sni-route leads anywhere from the server name that a TLS client asks for. */
  NO_ROUTE("no-route", 0, "There is no route for this server name."),
  /** The client closed or reset its connection before the end. */
  CLIENT_GONE("client-gone", 0, "The client left before the end."),
  /** The client stopped sending its body. */
  CLIENT_TIMEOUT("client-timeout", 0, "The client stopped sending."),
  /** A sink took nothing at all for the send timeout. */
  SEND_TIMEOUT("send-timeout", 0, "The receiver took nothing for the send timeout."),
  /** Memory was spent, and of the flows that stood still this one could hold the most. */
  RESET_STALLED("reset-stalled", 0, "The largest stalled flow was reset for want of memory."),
  /** The origin died or broke the framing after the response had begun. */
  ORIGIN_BROKEN("origin-broken", 0, "The origin broke off in the middle of the response."),
  /** The origin sent nothing for the idle timeout after the response had begun. */
  ORIGIN_STALLED("origin-stalled", 0, "The origin stopped sending in the middle of the response."),
  /** Nothing moved in either direction of a tunnel for the tunnel timeout. */
  TUNNEL_IDLE("tunnel-idle", 0, "Nothing moved in the tunnel for the tunnel timeout."),
  /** The time to drain was over before the exchange was. */
  DRAIN_CUT("drain-cut", 0, "The proxy shut down before the exchange had ended."),
  /** Somebody closed it at the admin address. */
  ADMIN_CUT("admin-cut", 0, "The exchange was closed at the admin address.");

  private final String word;
  private final int status;
  private final String sentence;

  Reason(String word, int status, String sentence) {
    this.word = word;
    this.status = status;
    this.sentence = sentence;
  }

  /** The stable lower-case word, for {@code Weir-Error}, logs and metric labels. */
  public String word() {
    return word;
  }

  /** The status code to answer with, or 0 where nothing can be answered any more. */
  public int status() {
    return status;
  }

  /** One sentence in ASCII for people. */
  public String sentence() {
    return sentence;
  }
}

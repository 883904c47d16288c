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
  /** TRACE and CONNECT. */
  METHOD_NOT_SERVED("method-not-served", 501, "This method is not served."),
  /** A transfer coding other than chunked (RFC 9112, 6.1). */
  TRANSFER_CODING_UNKNOWN(
      "transfer-coding-unknown", 501, "The only transfer coding understood is chunked."),
  /** The major version is not 1 (RFC 9112, 2.3). */
  VERSION_NOT_SUPPORTED("version-not-supported", 505, "HTTP/1.1 and HTTP/1.0 are spoken here."),
  /** There is nothing under this path; only the admin pages say so themselves. */
  NOT_FOUND("not-found", 404, "There is nothing here."),
  /** The origin's name did not resolve. */
  ORIGIN_NAME_UNKNOWN("origin-name-unknown", 502, "The origin's name could not be resolved."),
  /** The connection to the origin was refused or reset while connecting. */
  ORIGIN_UNREACHABLE("origin-unreachable", 502, "The origin could not be reached."),
  /** The TLS handshake with the origin failed. */
  ORIGIN_TLS("origin-tls", 502, "No secure connection to the origin could be made."),
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

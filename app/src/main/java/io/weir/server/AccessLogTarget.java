package io.weir.server;

/**
 * Where the access log goes.
 *
 * @param file a path, or {@code -} for standard output
 * @param format of its lines
 */
public record AccessLogTarget(String file, Format format) {
  /** How a line looks. */
  public enum Format {
    /** As nginx and Apache: peer, time, request line, status, bytes. */
    COMMON,
    /** Common, then Referer and User-Agent. */
    COMBINED,
    /** One JSON object a line. */
    JSON
  }
}

package io.weir.relay.exchange;

import io.weir.relay.http1.KnownField;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;

/**
 * What a local handler is told of a request: where it goes, and what says from whom it comes. A
 * field that is not there is empty; one that is repeated has all its values, so that it equals
 * nothing that is allowed.
 *
 * @param target path and query as they came
 * @param host the authority of the target, else Host
 * @param origin of the page that asks, as its browser says it
 * @param fetchSite Sec-Fetch-Site: how that page is related to us
 * @param fetchMode Sec-Fetch-Mode: navigate where a person goes there
 * @param authorization scheme and credentials
 * @param accept the formats that are understood
 * @param acceptEncoding the codings that are understood
 */
public record LocalRequest(
    Method method,
    String target,
    String host,
    String origin,
    String fetchSite,
    String fetchMode,
    String authorization,
    String accept,
    String acceptEncoding) {
  static LocalRequest of(RequestHead head) {
    return new LocalRequest(
        head.method(),
        head.target(),
        head.host(),
        head.values(KnownField.ORIGIN),
        head.values(KnownField.SEC_FETCH_SITE),
        head.values(KnownField.SEC_FETCH_MODE),
        head.values(KnownField.AUTHORIZATION),
        head.values(KnownField.ACCEPT),
        head.values(KnownField.ACCEPT_ENCODING));
  }

  /** The target without its query. */
  public String path() {
    int mark = target.indexOf('?');
    return mark < 0 ? target : target.substring(0, mark);
  }

  /** What follows the question mark, or empty. */
  public String query() {
    int mark = target.indexOf('?');
    return mark < 0 ? "" : target.substring(mark + 1);
  }

  /** Whether it asks for no change of anything. */
  public boolean reads() {
    return method == Method.GET || method == Method.HEAD;
  }
}

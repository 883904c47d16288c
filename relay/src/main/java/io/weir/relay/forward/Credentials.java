package io.weir.relay.forward;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A name and a password, as a client gives them.
 *
 * @param password its bytes, in UTF-8 as a rule
 */
@SuppressWarnings("ArrayRecordComponent") // passed on to a check and dropped; never compared
public record Credentials(String name, byte[] password) {
  private static final String SCHEME = "basic ";

  /** Reads the value of a Proxy-Authorization field (RFC 7617); null if it is not Basic's. */
  public static @Nullable Credentials basic(String value) {
    if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    byte[] pair;
    try {
      pair = Base64.getDecoder().decode(value.substring(SCHEME.length()).strip());
    } catch (IllegalArgumentException e) {
      return null;
    }
    int colon = 0;
    while (colon < pair.length && pair[colon] != ':') {
      colon++;
    }
    if (colon == pair.length) {
      return null;
    }
    byte[] password = new byte[pair.length - colon - 1];
    System.arraycopy(pair, colon + 1, password, 0, password.length);
    return new Credentials(new String(pair, 0, colon, StandardCharsets.UTF_8), password);
  }
}

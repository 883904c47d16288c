package io.weir.admin;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask the admin address what.
 *
 * @param token that all but health checks must bring, or null for none
 * @param metricsOpen whether {@code /metrics} wants no token
 * @param write whether a flow may be closed
 * @param names under which the address is asked, in lower case, beside IP addresses and localhost
 */
public record AdminAccess(
    @Nullable String token, boolean metricsOpen, boolean write, Set<String> names) {
  /** What holds where nothing is given: no token, nothing may be changed. */
  public static final AdminAccess USUAL = new AdminAccess(null, false, false, Set.of());

  /** Without the token, which belongs in no log. */
  @Override
  public String toString() {
    return "AdminAccess[token="
        + (token == null ? "none" : "set")
        + ", metricsOpen="
        + metricsOpen
        + ", write="
        + write
        + ", names="
        + names
        + ']';
  }
}

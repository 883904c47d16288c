package io.weir.relay.sni;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which target a server name leads to: {@code NAME} itself, else {@code *.SUFFIX} for every name
 * below it, the longest first, else {@code *}, which also has those who name none. Immutable; any
 * thread.
 *
 * @param <T> what a name leads to
 */
public final class SniRoutes<T> {
  private static final String DEFAULT = "*";
  private static final String BELOW = "*.";

  private final Map<String, T> targets;

  /**
   * Routes by what is left of the {@code =} in {@code --sni-route}.
   *
   * @throws IllegalArgumentException with a sentence that names a pattern that is none
   */
  public SniRoutes(Map<String, T> byPattern) {
    Map<String, T> checked = new HashMap<>();
    byPattern.forEach(
        (pattern, target) -> {
          if (checked.put(check(pattern), target) != null) {
            throw new IllegalArgumentException("'" + pattern + "' has two targets");
          }
        });
    targets = Map.copyOf(checked);
  }

  private static String check(String pattern) {
    String name = pattern.startsWith(BELOW) ? pattern.substring(BELOW.length()) : pattern;
    if (!pattern.equals(DEFAULT) && !name.matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*")) {
      throw new IllegalArgumentException(
          "'" + pattern + "' is no server name; expected NAME, *.NAME or *");
    }
    return pattern.toLowerCase(Locale.ROOT);
  }

  /** The target of a name in lower case, or of none; null if there is no route. */
  public @Nullable T of(@Nullable String serverName) {
    T target = serverName == null ? null : targets.get(serverName);
    int dot = serverName == null ? -1 : serverName.indexOf('.');
    while (target == null && serverName != null && dot >= 0) {
      target = targets.get(BELOW + serverName.substring(dot + 1));
      dot = serverName.indexOf('.', dot + 1);
    }
    return target == null ? targets.get(DEFAULT) : target;
  }
}

package io.weir.relay.forward;

/** The ports that a rule is about. */
record Ports(int first, int last) {
  static final Ports ALL = new Ports(1, 65_535);

  /**
   * Reads {@code 443}, {@code 8000-8999} or {@code *}.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  static Ports parse(String text) {
    if (text.equals("*")) {
      return ALL;
    }
    int hyphen = text.indexOf('-');
    int first = port(hyphen < 0 ? text : text.substring(0, hyphen));
    int last = hyphen < 0 ? first : port(text.substring(hyphen + 1));
    if (first > last) {
      throw new IllegalArgumentException(text);
    }
    return new Ports(first, last);
  }

  private static int port(String text) {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    int port = digits && text.length() <= 5 ? Integer.parseInt(text) : 0;
    if (port < 1 || port > ALL.last) {
      throw new IllegalArgumentException(text);
    }
    return port;
  }

  boolean hold(int port) {
    return port >= first && port <= last;
  }
}

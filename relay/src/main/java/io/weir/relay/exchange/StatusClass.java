package io.weir.relay.exchange;

/** What a client was given, by the first digit of the status (RFC 9110, 15). Six, so a label. */
public enum StatusClass {
  NONE("none"),
  INFORMATIONAL("1xx"),
  SUCCESSFUL("2xx"),
  REDIRECTION("3xx"),
  CLIENT_ERROR("4xx"),
  SERVER_ERROR("5xx");

  private static final StatusClass[] BY_DIGIT = values();

  private final String word;

  StatusClass(String word) {
    this.word = word;
  }

  /** Such as {@code 2xx}; {@code none} where the client was given no status. */
  public String word() {
    return word;
  }

  /** The class of {@code status}, 0 for none. From 600 on it is taken for a 5xx (RFC 9110, 15). */
  static StatusClass of(int status) {
    return BY_DIGIT[Math.clamp(status / 100, 0, BY_DIGIT.length - 1)];
  }
}

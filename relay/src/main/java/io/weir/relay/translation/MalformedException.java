package io.weir.relay.translation;

/** A peer's fields break a rule of RFC 9113, 8: the stream is reset. Without a stack trace. */
final class MalformedException extends Exception {
  private static final long serialVersionUID = 1;

  MalformedException(String rule) {
    super(rule, null, false, false);
  }
}

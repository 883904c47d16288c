package io.weir.relay.endpoint;

/** What a fresh connection begins with, before anything else, TLS included. Thread: the loop. */
@FunctionalInterface
public interface Greeting {
  /** Writes it to {@code out}, from its beginning, and returns its length: a packet's at most. */
  int write(byte[] out);
}

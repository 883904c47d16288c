package io.weir.relay.endpoint;

import org.jspecify.annotations.Nullable;

/** What became of TLS on an endpoint where it is spoken. Thread: the loop. */
public interface TlsState {
  /** Whether hands were shaken, so that bytes of the peer and to it are its own. */
  boolean established();

  /** What both have agreed to speak (ALPN), such as {@code h2}; empty if that was not asked. */
  String applicationProtocol();

  /** Why it failed, one clause for the log; null as long as it has not. */
  @Nullable String failure();
}

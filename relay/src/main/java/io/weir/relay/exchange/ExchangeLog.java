package io.weir.relay.exchange;

/** Who is told of every exchange that is over. Called on the loops: must not block. */
@FunctionalInterface
public interface ExchangeLog {
  void ended(ExchangeEnd end);
}

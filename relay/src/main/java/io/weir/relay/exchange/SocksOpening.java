package io.weir.relay.exchange;

import io.weir.relay.forward.Users;
import io.weir.relay.socks.SocksReader;
import org.jspecify.annotations.Nullable;

/**
 * SOCKS 4 or 5 where a forward proxy listens: its first byte, the version, begins no method of
 * HTTP. Confined to a loop.
 */
final class SocksOpening implements Opening {
  private final Worker worker;
  private final Places places;
  private final @Nullable Users users;

  /**
   * @param users who may ask, or null for everybody
   */
  SocksOpening(Worker worker, Places places, @Nullable Users users) {
    this.worker = worker;
    this.places = places;
    this.users = users;
  }

  @Override
  public Match match(byte[] bytes, int from, int to) {
    int version = bytes[from];
    return version == SocksReader.VERSION_4 || version == SocksReader.VERSION_5
        ? Match.YES
        : Match.NO;
  }

  @Override
  public Connection take(Takeover taken) {
    SocksConnection connection = new SocksConnection(worker, taken.lease(), places, users);
    connection.own(taken);
    return connection;
  }
}

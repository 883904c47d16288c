package io.weir.relay.socks;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What a SOCKS client says. */
public sealed interface SocksMessage {
  /** It is not whole yet. */
  record Incomplete() implements SocksMessage {}

  /** It breaks the rules; {@code why} is one clause. */
  record Malformed(String why) implements SocksMessage {}

  /**
   * Version 5: how the client can say who it is.
   *
   * @param length of the message, bytes
   * @param anonymous whether it need not
   * @param password whether by name and password (RFC 1929)
   */
  record Methods(int length, boolean anonymous, boolean password) implements SocksMessage {}

  /** Name and password, as bytes (RFC 1929). */
  @SuppressWarnings("ArrayRecordComponent") // read once, passed on to a check, never compared
  record Password(int length, byte[] name, byte[] password) implements SocksMessage {}

  /**
   * Whom the client wants.
   *
   * @param length of the message, bytes
   * @param version 4 or 5
   * @param command {@link SocksReader#CONNECT}, or another
   * @param address of the target, or null where it is named
   * @param name of the target, any bytes as ISO 8859-1; empty where there is an address
   * @param port 0 to 65535
   */
  record Request(
      int length, int version, int command, @Nullable InetAddress address, String name, int port)
      implements SocksMessage {}

  /** Version 5: a kind of address that is not known. */
  record AddressKindUnknown() implements SocksMessage {}
}

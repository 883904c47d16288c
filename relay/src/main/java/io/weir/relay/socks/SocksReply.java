package io.weir.relay.socks;

/**
 * What a SOCKS client is told (RFC 1928, 6). Where a connection ends on our side is not said:
 * 0.0.0.0 and port 0, as many servers do.
 */
public enum SocksReply {
  GRANTED(0),
  FAILED(1),
  NOT_ALLOWED(2),
  NETWORK_UNREACHABLE(3),
  HOST_UNREACHABLE(4),
  REFUSED(5),
  COMMAND_UNKNOWN(7),
  ADDRESS_KIND_UNKNOWN(8);

  /** No answer is longer, bytes. */
  public static final int BYTES_MAX = 10;

  private static final int GRANTED_4 = 90;
  private static final int REJECTED_4 = 91;

  private final int code;

  SocksReply(int code) {
    this.code = code;
  }

  /** Writes the reply to a request of this version to {@code to}; returns its length. */
  public int write(int version, byte[] to) {
    int length = version == SocksReader.VERSION_4 ? 8 : BYTES_MAX;
    java.util.Arrays.fill(to, 0, length, (byte) 0);
    if (version == SocksReader.VERSION_4) {
      to[1] = (byte) (this == GRANTED ? GRANTED_4 : REJECTED_4);
    } else {
      to[0] = SocksReader.VERSION_5;
      to[1] = (byte) code;
      to[3] = 1; // an IPv4 address follows
    }
    return length;
  }

  /** Writes the method that the client is to use; returns the length. */
  public static int method(Method method, byte[] to) {
    to[0] = SocksReader.VERSION_5;
    to[1] = (byte) method.code;
    return 2;
  }

  /** Writes whether name and password were right (RFC 1929, 2); returns the length. */
  public static int password(boolean right, byte[] to) {
    to[0] = 1;
    to[1] = (byte) (right ? 0 : 1);
    return 2;
  }

  /** How a client of version 5 is to say who it is. */
  public enum Method {
    ANONYMOUS(0),
    PASSWORD(2),
    NONE_THAT_IS_OFFERED(0xff);

    private final int code;

    Method(int code) {
      this.code = code;
    }
  }
}

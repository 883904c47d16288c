package io.weir.relay.socks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what a SOCKS client says, one message at a time, each time from its first byte. Nothing is
 * consumed; behind a message others may follow, as of clients that do not wait.
 *
 * <pre>
 *   5: methods --> answer [ --> name and password --> answer ] --> request --> reply --> bytes
 *   4:                                                             request --> reply --> bytes
 * </pre>
 *
 * <p>No state; any thread.
 */
public final class SocksReader {
  /** The first byte of version 4 and 4a. */
  public static final int VERSION_4 = 4;

  /** The first byte of version 5. */
  public static final int VERSION_5 = 5;

  /** The one command that is served: connect to the target. */
  public static final int CONNECT = 1;

  /** No message is longer, bytes. */
  public static final int LENGTH_MAX = 1024;

  private static final SocksMessage INCOMPLETE = new SocksMessage.Incomplete();
  private static final int PASSWORD_VERSION = 1;
  private static final int METHOD_NONE = 0;
  private static final int METHOD_PASSWORD = 2;
  private static final int IPV4 = 1;
  private static final int NAME = 3;
  private static final int IPV6 = 4;
  private static final int TEXT_BYTES_MAX = 255;

  private SocksReader() {}

  /** The first message: a request of version 4, or the methods of version 5. */
  public static SocksMessage first(byte[] bytes, int from, int to) {
    if (to == from) {
      return INCOMPLETE;
    }
    return switch (bytes[from]) {
      case VERSION_4 -> version4(bytes, from, to);
      case VERSION_5 -> methods(bytes, from, to);
      default -> new SocksMessage.Malformed("its version is neither 4 nor 5");
    };
  }

  private static SocksMessage methods(byte[] bytes, int from, int to) {
    if (to - from < 2) {
      return INCOMPLETE;
    }
    int count = bytes[from + 1] & 0xff;
    int length = 2 + count;
    if (count == 0) {
      return new SocksMessage.Malformed("it offers no method");
    }
    if (to - from < length) {
      return INCOMPLETE;
    }
    boolean anonymous = false;
    boolean password = false;
    for (int i = from + 2; i < from + length; i++) {
      anonymous |= bytes[i] == METHOD_NONE;
      password |= bytes[i] == METHOD_PASSWORD;
    }
    return new SocksMessage.Methods(length, anonymous, password);
  }

  /** Name and password, behind methods that offered them. */
  public static SocksMessage password(byte[] bytes, int from, int to) {
    if (to == from) {
      return INCOMPLETE;
    }
    if (bytes[from] != PASSWORD_VERSION) {
      return new SocksMessage.Malformed("the version of its name and password is not 1");
    }
    int nameFrom = from + 2;
    int nameTo = to - from < 2 ? to : nameFrom + (bytes[from + 1] & 0xff);
    if (to <= nameTo || to - from < 2) {
      return INCOMPLETE;
    }
    int passwordFrom = nameTo + 1;
    int end = passwordFrom + (bytes[nameTo] & 0xff);
    if (nameTo == nameFrom) {
      return new SocksMessage.Malformed("its name is empty");
    }
    if (to < end) {
      return INCOMPLETE;
    }
    return new SocksMessage.Password(
        end - from,
        Arrays.copyOfRange(bytes, nameFrom, nameTo),
        Arrays.copyOfRange(bytes, passwordFrom, end));
  }

  /** The request of version 5. */
  public static SocksMessage request(byte[] bytes, int from, int to) {
    int there = to - from;
    if (there > 0 && bytes[from] != VERSION_5) {
      return new SocksMessage.Malformed("the version of its request is not 5");
    }
    if (there > 2 && bytes[from + 2] != 0) {
      return new SocksMessage.Malformed("the reserved byte of its request is not 0");
    }
    if (there < 5) {
      return INCOMPLETE;
    }
    int kind = bytes[from + 3];
    int hostFrom = kind == NAME ? from + 5 : from + 4;
    int hostBytes =
        switch (kind) {
          case IPV4 -> 4;
          case NAME -> bytes[from + 4] & 0xff;
          case IPV6 -> 16;
          default -> -1;
        };
    if (hostBytes < 0) {
      return new SocksMessage.AddressKindUnknown();
    }
    int portFrom = hostFrom + hostBytes;
    if (hostBytes == 0) {
      return new SocksMessage.Malformed("the name of its target is empty");
    }
    if (to < portFrom + 2) {
      return INCOMPLETE;
    }
    return new SocksMessage.Request(
        portFrom + 2 - from,
        VERSION_5,
        bytes[from + 1] & 0xff,
        kind == NAME ? null : address(bytes, hostFrom, hostBytes),
        kind == NAME ? text(bytes, hostFrom, portFrom) : "",
        port(bytes, portFrom));
  }

  /** Version 4: port, address, user, and with 4a, where the address is 0.0.0.x, a name. */
  private static SocksMessage version4(byte[] bytes, int from, int to) {
    int userFrom = from + 8;
    if (to <= userFrom) {
      return INCOMPLETE;
    }
    int userTo = textEnd(bytes, userFrom, to);
    if (userTo < 0) {
      return endless(userTo, "the user of its request is longer than 255 bytes");
    }
    boolean named =
        bytes[from + 4] == 0
            && bytes[from + 5] == 0
            && bytes[from + 6] == 0
            && bytes[from + 7] != 0;
    int nameFrom = userTo + 1;
    int nameTo = named ? textEnd(bytes, nameFrom, to) : userTo;
    if (nameTo < 0) {
      return endless(nameTo, "the name of its target is longer than 255 bytes");
    }
    if (named && nameTo == nameFrom) {
      return new SocksMessage.Malformed("the name of its target is empty");
    }
    return new SocksMessage.Request(
        nameTo + 1 - from,
        VERSION_4,
        bytes[from + 1] & 0xff,
        named ? null : address(bytes, from + 4, 4),
        named ? text(bytes, nameFrom, nameTo) : "",
        port(bytes, from + 2));
  }

  private static final int NOT_THERE = -1;
  private static final int TOO_LONG = -2;

  /** Where a text ends that a zero ends. */
  private static int textEnd(byte[] bytes, int from, int to) {
    for (int i = from; i < to && i <= from + TEXT_BYTES_MAX; i++) {
      if (bytes[i] == 0) {
        return i;
      }
    }
    return to - from > TEXT_BYTES_MAX ? TOO_LONG : NOT_THERE;
  }

  private static SocksMessage endless(int end, String why) {
    return end == NOT_THERE ? INCOMPLETE : new SocksMessage.Malformed(why);
  }

  private static InetAddress address(byte[] bytes, int from, int length) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + length));
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static int port(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }
}

package io.weir.relay.sni;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The first message of a TLS client (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2), as far as its server name
 * (RFC 6066, 3). It may be cut into records anywhere, so it is looked at again and again until it
 * is whole; nothing is consumed.
 *
 * <pre>
 *   22 | 3.x | length | 1 | length | version, random, session, ciphers, ... |   record, handshake
 *   22 | 3.x | length | extensions: ... server_name ... |                      the rest of it
 * </pre>
 *
 * <p>An encrypted ClientHello is one like any other: its outer name is the server's that may
 * decrypt it. Reserved values (GREASE, RFC 8701) are skipped, as all that is not known.
 *
 * <p>No state; any thread.
 */
public final class ClientHello {
  /** What has arrived so far. */
  public sealed interface Found {}

  /** More bytes are needed: {@code bytes} from the beginning, at least. */
  public record Incomplete(int bytes) implements Found {}

  /** It is none; {@code why} is one clause. */
  public record Malformed(String why) implements Found {}

  /**
   * It is whole.
   *
   * @param serverName in lower case, without a dot at its end; null if it names none
   */
  public record Whole(@Nullable String serverName) implements Found {}

  /** Longest message, bytes; with keys of post-quantum schemes they have some 2,000. */
  public static final int LENGTH_MAX = 64 * 1024;

  /** The same with the headers of its records, if these are not tiny. */
  public static final int BYTES_MAX = LENGTH_MAX + 2048;

  private static final int RECORD_HEADER_BYTES = 5;
  private static final int RECORD_BYTES_MAX = 1 << 14;
  private static final int MESSAGE_HEADER_BYTES = 4;
  private static final int VERSION_AND_RANDOM_BYTES = 2 + 32;
  private static final int SESSION_BYTES_MAX = 32;
  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int SERVER_NAME = 0;
  private static final int HOST_NAME = 0;
  private static final int NAME_BYTES_MAX = 253;
  private static final Malformed LENGTHS =
      new Malformed("the lengths in its ClientHello are wrong");
  private static final Malformed NAMES =
      new Malformed("its ClientHello has more than one server name, or one that is no name");

  private ClientHello() {}

  /** Looks at all that has arrived, {@code bytes[from, to)}. */
  public static Found read(byte[] bytes, int from, int to) {
    int payload = 0;
    int at = from;
    while (true) {
      String wrong = wrongRecord(bytes, at, to);
      if (wrong != null) {
        return new Malformed(wrong);
      }
      boolean known = to - at >= RECORD_HEADER_BYTES;
      int end = at + RECORD_HEADER_BYTES + (known ? two(bytes, at + 3) : 0);
      if (end - from > BYTES_MAX) {
        return new Malformed("its ClientHello takes more than " + BYTES_MAX + " bytes");
      }
      if (!known || end > to) {
        return new Incomplete(end - from);
      }
      payload += end - at - RECORD_HEADER_BYTES;
      at = end;
      if (bytes[from + RECORD_HEADER_BYTES] != CLIENT_HELLO) {
        return new Malformed("its first message is no ClientHello");
      }
      int length = payload < MESSAGE_HEADER_BYTES ? 0 : length(bytes, from);
      if (length > LENGTH_MAX) {
        return new Malformed("its ClientHello is longer than " + LENGTH_MAX + " bytes");
      }
      if (length > 0 && payload >= length) {
        return whole(gather(bytes, from, length));
      }
    }
  }

  /** What is wrong with a record's header, as far as it is there, or null. */
  private static @Nullable String wrongRecord(byte[] bytes, int at, int to) {
    int there = to - at;
    if ((there > 0 && bytes[at] != HANDSHAKE) || (there > 1 && bytes[at + 1] != 3)) {
      return "it does not speak TLS";
    }
    int length = there < RECORD_HEADER_BYTES ? 1 : two(bytes, at + 3);
    return length < 1 || length > RECORD_BYTES_MAX ? "the length of a record is wrong" : null;
  }

  /** Of the message with its header, which is whole but may itself be cut into records. */
  private static int length(byte[] bytes, int from) {
    byte[] header = gather(bytes, from, MESSAGE_HEADER_BYTES);
    return MESSAGE_HEADER_BYTES + ((header[1] & 0xff) << 16 | two(header, 2));
  }

  /** The first bytes of the message, out of records that are whole. */
  private static byte[] gather(byte[] bytes, int from, int length) {
    byte[] message = new byte[length];
    int filled = 0;
    int at = from;
    while (filled < length) {
      int record = two(bytes, at + 3);
      int taken = Math.min(record, length - filled);
      System.arraycopy(bytes, at + RECORD_HEADER_BYTES, message, filled, taken);
      filled += taken;
      at += RECORD_HEADER_BYTES + record;
    }
    return message;
  }

  private static Found whole(byte[] message) {
    Vector hello = new Vector(message, MESSAGE_HEADER_BYTES, message.length);
    boolean begun =
        hello.skip(VERSION_AND_RANDOM_BYTES)
            && isOf(hello.vector(1), 0, SESSION_BYTES_MAX)
            && isOf(hello.vector(2), 2, (1 << 16) - 2)
            && isOf(hello.vector(1), 1, 255);
    if (!begun) {
      return LENGTHS;
    }
    if (hello.left() == 0) {
      return new Whole(null); // TLS 1.2 may have no extensions
    }
    Vector extensions = hello.vector(2);
    return extensions == null || hello.left() > 0 ? LENGTHS : named(extensions);
  }

  private static boolean isOf(@Nullable Vector vector, int bytesMin, int bytesMax) {
    return vector != null && vector.left() >= bytesMin && vector.left() <= bytesMax;
  }

  private static Found named(Vector extensions) {
    String name = null;
    while (extensions.left() > 0) {
      int type = extensions.number(2);
      Vector content = extensions.vector(2);
      if (content == null) {
        return LENGTHS;
      }
      if (type == SERVER_NAME) {
        String found = serverName(content);
        if (name != null || found == null) {
          return NAMES;
        }
        name = found;
      }
    }
    return new Whole(name);
  }

  /** The one host name of a list; null if it is not well formed. */
  private static @Nullable String serverName(Vector content) {
    Vector list = content.vector(2);
    if (list == null || content.left() > 0 || list.number(1) != HOST_NAME) {
      return null;
    }
    Vector name = list.vector(2);
    return name == null || list.left() > 0 ? null : hostName(name);
  }

  private static @Nullable String hostName(Vector name) {
    String text = new String(name.bytes, name.at, name.left(), StandardCharsets.ISO_8859_1);
    String bare = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    if (bare.isEmpty() || bare.length() > NAME_BYTES_MAX) {
      return null;
    }
    for (int i = 0; i < bare.length(); i++) {
      char c = bare.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
        return null;
      }
    }
    return bare.toLowerCase(Locale.ROOT);
  }

  private static int two(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  /** Bytes that are read from the front. */
  private static final class Vector {
    final byte[] bytes;
    final int end;
    int at;

    Vector(byte[] bytes, int at, int end) {
      this.bytes = bytes;
      this.at = at;
      this.end = end;
    }

    int left() {
      return end - at;
    }

    boolean skip(int length) {
      boolean there = left() >= length;
      at += there ? length : 0;
      return there;
    }

    /** A number of so many bytes; -1 if they are not there. */
    int number(int width) {
      if (left() < width) {
        return -1;
      }
      int value = 0;
      for (int i = 0; i < width; i++) {
        value = value << 8 | (bytes[at++] & 0xff);
      }
      return value;
    }

    /** The bytes behind their length; null if they are not all there. */
    @Nullable Vector vector(int lengthWidth) {
      int length = number(lengthWidth);
      if (length < 0 || left() < length) {
        return null;
      }
      Vector inner = new Vector(bytes, at, at + length);
      at += length;
      return inner;
    }
  }
}

package io.weir.relay.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads the tables of bytes and verdicts, see request-heads.txt. */
final class Vectors {
  private Vectors() {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Vector(String name, byte[] bytes, String verdict) {
    /** The first word of the verdict. */
    String word() {
      return verdict.split("[ :]", 2)[0];
    }

    /** What stands behind the colon of a fault. */
    String rule() {
      int colon = verdict.indexOf(": ");
      return colon < 0 ? "" : verdict.substring(colon + 2);
    }

    /** key=value pairs of an OK. */
    Map<String, String> expected() {
      Map<String, String> pairs = new HashMap<>();
      for (String pair : verdict.substring(2).trim().split(" ", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
      }
      return pairs;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Vector> read(String file) {
    List<Vector> vectors = new ArrayList<>();
    String name = "";
    byte[] bytes = {};
    for (String line : text(file).split("\n", -1)) {
      if (line.startsWith("# ")) {
        name = line.substring(2);
      } else if (line.startsWith("> ")) {
        bytes = unescape(line.substring(2));
      } else if (line.startsWith("= ")) {
        vectors.add(new Vector(name, bytes, line.substring(2)));
      }
    }
    return vectors;
  }

  private static String text(String file) {
    try (InputStream in = Objects.requireNonNull(Vectors.class.getResourceAsStream(file), file)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] unescape(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char kind = text.charAt(++i);
      switch (kind) {
        case 'r' -> out.append('\r');
        case 'n' -> out.append('\n');
        case 't' -> out.append('\t');
        case '0' -> out.append('\0');
        case '\\' -> out.append('\\');
        case 'x' -> {
          out.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
          i += 2;
        }
        default -> throw new IllegalArgumentException("unknown escape \\" + kind + " in " + text);
      }
    }
    return bytes(out.toString());
  }

  static byte[] bytes(String latin1) {
    return latin1.getBytes(ISO_8859_1);
  }

  static String text(byte[] b, int from, int to) {
    return new String(b, from, to - from, ISO_8859_1);
  }
}

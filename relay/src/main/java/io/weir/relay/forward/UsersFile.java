package io.weir.relay.forward;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A file of names and hashes as Apache's htpasswd writes it with {@code -B}: {@code NAME:HASH} on
 * each line; empty lines and those that begin with # say nothing.
 */
final class UsersFile {
  private static final int BYTES_MAX = 1 << 20;
  private static final int NAME_BYTES_MAX = 255;

  /**
   * bcrypt's 2^14 rounds take two to four seconds of a core; each cost more doubles that, and
   * whoever guesses passwords has us pay it.
   */
  static final int COST_MAX = 14;

  private static final Pattern HASH = Pattern.compile("\\$2[aby]\\$(\\d\\d)\\$[./A-Za-z0-9]{53}");

  private UsersFile() {}

  /**
   * Reads it.
   *
   * @return hashes by name
   * @throws IOException with a sentence that names the line and what would be right
   */
  static Map<String, String> read(Path file) throws IOException {
    Map<String, String> hashes = new LinkedHashMap<>();
    int number = 0;
    for (String line : contents(file).split("\n", -1)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      int colon = text.indexOf(':');
      String fault = fault(text, colon);
      if (fault.isEmpty() && hashes.put(text.substring(0, colon), hash(text, colon)) != null) {
        fault = "the name occurs twice";
      }
      if (!fault.isEmpty()) {
        throw new IOException(file + ", line " + number + ": " + fault);
      }
    }
    if (hashes.isEmpty()) {
      throw new IOException(file + " has no user: add one with htpasswd -B " + file + " NAME");
    }
    return hashes;
  }

  private static String hash(String line, int colon) {
    return line.substring(colon + 1).strip();
  }

  /** What is wrong with a line, or nothing. Never the line itself: it may hold a password. */
  private static String fault(String line, int colon) {
    if (colon < 1) {
      return "it is not NAME:HASH";
    }
    if (line.substring(0, colon).getBytes(StandardCharsets.UTF_8).length > NAME_BYTES_MAX) {
      return "the name has more than " + NAME_BYTES_MAX + " bytes";
    }
    if (line.substring(0, colon).chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      return "the name holds a space or a control character"; // logs tell fields apart by spaces
    }
    var hash = HASH.matcher(hash(line, colon));
    if (!hash.matches()) {
      return "the hash is not bcrypt's ($2y$...); make it with htpasswd -B";
    }
    int cost = Integer.parseInt(hash.group(1));
    return cost < 4 || cost > COST_MAX
        ? "the hash has a cost of " + cost + "; expected 4 to " + COST_MAX
        : "";
  }

  private static String contents(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length > BYTES_MAX) {
        throw new IOException(file + " is larger than 1 MiB");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file " + file, e);
    } catch (AccessDeniedException e) {
      throw new IOException("permission to read " + file + " is denied", e);
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not in UTF-8", e);
    }
  }
}

package io.weir.cli;

import io.weir.admin.AdminAccess;
import io.weir.server.ListenAddress;
import io.weir.server.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of {@code serve} that say who may ask the admin address what. */
final class AdminOptions {
  /** The token itself; a command line can be read by everybody on the machine. */
  static final String TOKEN_VARIABLE = "WEIR_ADMIN_TOKEN";

  /** Fewer characters could be guessed. */
  private static final int TOKEN_CHARS_MIN = 16;

  private static final int TOKEN_CHARS_MAX = 256;

  private AdminOptions() {}

  static void add(Options options) {
    options
        .flag("--no-admin", "No admin pages.")
        .flag("--admin-write", "Let flows be closed: on the live page, and by DELETE /flows/ID.")
        .value(
            "--admin-token",
            "FILE",
            "All but /healthz and /readyz want the token that is in this file, or in the variable"
                + " "
                + TOKEN_VARIABLE
                + ". Beyond loopback there must be one.")
        .flag("--metrics-open", "Let /metrics be read without the token.");
  }

  /**
   * Reads what was given.
   *
   * @param admin where the pages are, or null for nowhere
   * @param variable the value of {@link #TOKEN_VARIABLE}, or null
   * @throws UsageException if the pages would be open to everybody, or the token is none
   * @throws StartException if its file cannot be read
   */
  static AdminAccess read(Given given, @Nullable ListenAddress admin, @Nullable String variable)
      throws UsageException, StartException {
    if (admin == null) {
      return AdminAccess.USUAL;
    }
    String token = token(given.text("--admin-token"), variable);
    if (token == null && !onLoopback(admin)) {
      throw new UsageException(
          "--admin: "
              + admin.text()
              + " is beyond loopback, where everybody could read the pages: give --admin-token FILE,"
              + " or the token in "
              + TOKEN_VARIABLE
              + ", or listen on 127.0.0.1");
    }
    return new AdminAccess(
        token, given.has("--metrics-open"), given.has("--admin-write"), names(admin));
  }

  private static @Nullable String token(@Nullable String file, @Nullable String variable)
      throws UsageException, StartException {
    if (file != null) {
      return checked("--admin-token: what is in " + file, contents(file));
    }
    return variable == null || variable.isEmpty() ? null : checked(TOKEN_VARIABLE, variable);
  }

  private static String contents(String file) throws StartException {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      byte[] bytes = in.readNBytes(4 * TOKEN_CHARS_MAX + 1);
      if (bytes.length > 4 * TOKEN_CHARS_MAX) {
        throw new StartException("--admin-token: " + file + " is too long for a token");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw unreadable(file, "there is no such file", e);
    } catch (AccessDeniedException e) {
      throw unreadable(file, "permission denied", e);
    } catch (IOException | InvalidPathException e) {
      throw unreadable(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static StartException unreadable(String file, String why, Exception cause) {
    return new StartException("--admin-token: cannot read " + file + ": " + why, cause);
  }

  private static String checked(String from, String text) throws UsageException {
    String token = text.strip();
    boolean plain = token.chars().allMatch(c -> c > ' ' && c <= '~');
    if (!plain || token.length() < TOKEN_CHARS_MIN || token.length() > TOKEN_CHARS_MAX) {
      throw new UsageException(
          from
              + " is no token: that is "
              + TOKEN_CHARS_MIN
              + " to "
              + TOKEN_CHARS_MAX
              + " visible ASCII characters, such as of: openssl rand -hex 16");
    }
    return token;
  }

  private static boolean onLoopback(ListenAddress admin) {
    return admin.sockets().stream().allMatch(socket -> socket.getAddress().isLoopbackAddress());
  }

  /** The name that the user gave, if it was one. */
  private static Set<String> names(ListenAddress admin) {
    int colon = admin.text().lastIndexOf(':');
    String host = colon < 0 ? "" : admin.text().substring(0, colon);
    try {
      InetAddress.ofLiteral(host.replace("[", "").replace("]", ""));
      return Set.of();
    } catch (IllegalArgumentException e) {
      return host.isEmpty() ? Set.of() : Set.of(host.toLowerCase(Locale.ROOT));
    }
  }
}

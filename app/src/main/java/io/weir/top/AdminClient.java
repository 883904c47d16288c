package io.weir.top;

import io.weir.server.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Asks the admin pages of a Weir. Confined to one thread. */
final class AdminClient {
  private static final int CONNECT_MILLIS_MAX = 2_000;
  private static final int READ_MILLIS_MAX = 5_000;

  /** 10,000 flows of 400 bytes, and room; whatever else answers there is not read to its end. */
  private static final int BODY_BYTES_MAX = 5 << 20;

  private static final int TOKEN_BYTES_MAX = 4096;

  /** It is there, but cannot tell, or not yet. */
  private static final class UnavailableException extends IOException {
    UnavailableException(String message) {
      super(message);
    }
  }

  private final URI admin;
  private final @Nullable String token;

  private AdminClient(URI admin, @Nullable String token) {
    this.admin = admin;
    this.token = token;
  }

  /**
   * A client of that address.
   *
   * @throws StartException where the token's file cannot be used
   */
  static AdminClient of(TopSettings settings) throws StartException {
    Path file = settings.tokenFile();
    return new AdminClient(settings.admin(), file == null ? null : token(file));
  }

  private static String token(Path file) throws StartException {
    String text;
    try (InputStream in = Files.newInputStream(file)) {
      text = new String(in.readNBytes(TOKEN_BYTES_MAX), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      throw new StartException("--token-file: cannot read " + file + ": " + reason(e), e);
    }
    if (text.isEmpty() || text.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new StartException(
          "--token-file: " + file + " does not hold one token of printable ASCII");
    }
    return text;
  }

  /** What {@code /flows} says. */
  Glance flows() throws IOException {
    byte[] page = get("/flows");
    try {
      return Glance.read(page, System.nanoTime());
    } catch (IOException e) {
      throw new IOException("what " + admin + "/flows answers is not from a Weir", e);
    }
  }

  /** What {@code /memory} says; nothing where that Weir cannot see its memory. */
  MemoryGlance memory() throws IOException {
    byte[] page;
    try {
      page = get("/memory");
    } catch (UnavailableException e) {
      return MemoryGlance.NONE;
    }
    try {
      return MemoryGlance.read(page);
    } catch (IOException e) {
      throw new IOException("what " + admin + "/memory answers is not from a Weir", e);
    }
  }

  private byte[] get(String path) throws IOException {
    String url = admin + path;
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    try {
      connection.setConnectTimeout(CONNECT_MILLIS_MAX);
      connection.setReadTimeout(READ_MILLIS_MAX);
      connection.setInstanceFollowRedirects(false); // the token is for this address alone
      connection.setRequestProperty(
          "Connection", "close"); // an idle one would be a descriptor there
      if (token != null) {
        connection.setRequestProperty("Authorization", "Bearer " + token);
      }
      int status = status(connection, url);
      if (status == HttpURLConnection.HTTP_UNAUTHORIZED) {
        throw new IOException(
            url
                + " answers 401"
                + (token == null
                    ? ": it asks for a token, see --token-file"
                    : ": it does not take this token"));
      }
      if (status == HttpURLConnection.HTTP_FORBIDDEN) {
        throw new IOException(
            url + " answers 403: a Weir without a token is asked by IP address or localhost");
      }
      if (status == HttpURLConnection.HTTP_UNAVAILABLE) {
        throw new UnavailableException(url + " answers 503");
      }
      if (status != HttpURLConnection.HTTP_OK) {
        throw new IOException(url + " answers " + status + ", not 200");
      }
      return body(connection, url);
    } finally {
      connection.disconnect();
    }
  }

  private static int status(HttpURLConnection connection, String url) throws IOException {
    int status;
    try {
      status = connection.getResponseCode();
    } catch (IOException e) {
      throw new IOException("no answer from " + url + ": " + reason(e), e);
    }
    if (status < 0) {
      throw new IOException("what " + url + " answers is no HTTP");
    }
    return status;
  }

  private static byte[] body(HttpURLConnection connection, String url) throws IOException {
    byte[] body;
    try (InputStream in = connection.getInputStream()) {
      body = in.readNBytes(BODY_BYTES_MAX + 1);
    } catch (IOException e) {
      throw new IOException("no whole answer from " + url + ": " + reason(e), e);
    }
    if (body.length > BODY_BYTES_MAX) {
      throw new IOException(url + " answers more than " + (BODY_BYTES_MAX >> 20) + " MiB");
    }
    return body;
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    String kind = e.getClass().getSimpleName();
    return Glance.plain(message == null || message.isEmpty() ? kind : brief(e, message));
  }

  private static String brief(IOException e, String message) {
    return switch (e) {
      case java.nio.file.NoSuchFileException _ -> "there is no such file";
      case java.nio.file.AccessDeniedException _ -> "permission denied";
      case java.net.UnknownHostException _ -> "unknown host " + message;
      default -> message;
    };
  }
}

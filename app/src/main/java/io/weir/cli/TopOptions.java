package io.weir.cli;

import io.weir.top.TopSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The options of {@code top}. */
final class TopOptions {
  private static final int PORT_MAX = 65_535;
  private static final String DEFAULT_URL = "http://127.0.0.1:3002";

  private TopOptions() {}

  static Options all() {
    return new Options(
            "top",
            "weir top [URL] [OPTION...]",
            "Shows what a Weir that serves does now, once a second, until q or Ctrl-C. Where the output",
            "is no terminal, it prints one snapshot and ends.")
        .operand("URL", "The address of its admin pages (default: " + DEFAULT_URL + ").")
        .value(
            "--token-file",
            "FILE",
            "Send the token in this file, as Authorization: Bearer; for admin pages that ask for one.")
        .flag("--once", "Print one snapshot and end.");
  }

  static TopSettings read(Given given) throws UsageException {
    String word = given.operand();
    return new TopSettings(
        url(word == null ? DEFAULT_URL : word), file(given), given.has("--once"));
  }

  private static @Nullable Path file(Given given) throws UsageException {
    String file = given.text("--token-file");
    if (file == null) {
      return null;
    }
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw Given.complaint("--token-file", e);
    }
  }

  private static URI url(String text) throws UsageException {
    try {
      URI uri = new URI(text.replaceAll("/+$", ""));
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean bare = uri.getRawQuery() == null && uri.getRawFragment() == null;
      boolean host = uri.getHost() != null && uri.getPort() <= PORT_MAX;
      if (http && bare && host && uri.getRawUserInfo() == null) {
        return uri;
      }
    } catch (URISyntaxException _) {
      // The message below says what would be right.
    }
    throw new UsageException("'" + text + "' is not a URL such as " + DEFAULT_URL);
  }
}

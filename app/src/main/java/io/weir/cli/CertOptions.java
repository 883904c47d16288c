package io.weir.cli;

import io.weir.certificate.CertSettings;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The options of {@code cert}. */
final class CertOptions {
  /** A host's name, a wildcard, or an address: nothing that keytool could take for more. */
  private static final Pattern NAME = Pattern.compile("(\\*\\.)?[A-Za-z0-9_:.-]{1,253}");

  private CertOptions() {}

  static Options all() {
    return new Options(
            "cert",
            "weir cert [--out DIR] NAME...",
            "Makes a key and a self-signed certificate, for trying TLS: key.pem, readable by you"
                + " alone,",
            "and cert.pem. Clients must be told to trust it.")
        .operands("NAME", "Host name or address that it is for, such as localhost or *.example.org")
        .value("--out", "DIR", ".", "Where the two files go. None is overwritten.");
  }

  static CertSettings read(Given given) throws UsageException {
    List<String> names = given.operands();
    if (names.isEmpty()) {
      throw new UsageException("give at least one NAME, such as localhost");
    }
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw new UsageException("'" + name + "' is neither a host name nor an address");
      }
    }
    String out = given.texts("--out").getFirst();
    try {
      Path directory = Path.of(out);
      if (Files.isDirectory(directory)) {
        return new CertSettings(directory, names);
      }
    } catch (InvalidPathException e) {
      throw new UsageException("--out: '" + out + "' is no file name: " + e.getMessage());
    }
    throw new UsageException("--out: there is no directory " + out);
  }
}

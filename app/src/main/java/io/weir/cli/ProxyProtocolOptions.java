package io.weir.cli;

import io.weir.relay.exchange.TrustedProxies;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The options of {@code serve} about the PROXY protocol: of whom, and to whom. */
final class ProxyProtocolOptions {
  private ProxyProtocolOptions() {}

  static void add(Options options) {
    options
        .values(
            "--proxy-protocol",
            "CIDR",
            "These peers are proxies that begin with a PROXY protocol header, 1 or 2, and must;"
                + " nobody else may. Clients then count by the address in it.")
        .value(
            "--send-proxy",
            "WHICH",
            "v1 or v2: begin each connection to the origin with such a header.");
  }

  /** Of whom headers are taken, and wanted. */
  static TrustedProxies proxies(Given given) throws UsageException {
    List<String> ranges = given.texts("--proxy-protocol");
    try {
      return ranges.isEmpty() ? TrustedProxies.NONE : TrustedProxies.of(ranges);
    } catch (IllegalArgumentException e) {
      throw Given.complaint("--proxy-protocol", e);
    }
  }

  /** What is sent, or null. */
  static @Nullable ProxyHeaderWriter sent(Given given) throws UsageException {
    if (given.has("--send-proxy") && given.has("--origin-http2")) {
      throw new UsageException(
          "--send-proxy and --origin-http2 exclude each other: many clients share a connection");
    }
    return given.has("--send-proxy")
        ? ProxyHeaderWriter.valueOf(given.word("--send-proxy", "v1", "v2").toUpperCase(Locale.ROOT))
        : null;
  }
}

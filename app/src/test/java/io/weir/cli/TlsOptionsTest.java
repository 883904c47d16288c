package io.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.tls.ServerTls;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import io.weir.server.SystemLimits;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the options for TLS become, and what is wrong with them. */
final class TlsOptionsTest {
  private static final SystemLimits SYSTEM =
      new SystemLimits(16 << 20, 20_000, 4096, Long.MAX_VALUE);

  private static ServeSettings settings(String options) throws UsageException, StartException {
    String[] words = ("serve --to http://127.0.0.1 " + options).split(" ", -1);
    return ServeOptions.read(ServeOptions.all().read(words), SYSTEM);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --tls-cert a | --tls-cert is given 1 times and --tls-key 0 times
          --tls-min 1.3 | --tls-min needs --tls-cert and --tls-key
          --plain-listen 1 | --plain-listen needs --tls-cert and --tls-key
          --client-ca a | --client-ca needs --tls-cert and --tls-key
          --tls-cert a --tls-key b --tls-min 1.1 | --tls-min: '1.1' is not one of 1.2, 1.3
          --tls-cert a --tls-key b --client-cert optional | --client-cert needs --client-ca FILE
          """)
  void serve_wrongUsage_saysWhatWouldBeRight(String options, String message) {
    assertThatThrownBy(() -> settings(options))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void serve_severalPairs_belongTogetherInTheirOrder() throws Exception {
    ServerTls.Settings tls =
        Objects.requireNonNull(
            settings("--tls-cert a --tls-cert b --tls-key c --tls-key d --client-ca e").tls());

    assertThat(tls.pairs())
        .containsExactly(
            new ServerTls.Pair(Path.of("a"), Path.of("c")),
            new ServerTls.Pair(Path.of("b"), Path.of("d")));
    assertThat(tls.clientRequired()).isTrue();
    assertThat(tls.tls13Only()).isFalse();
  }

  @Test
  void serve_withTls_needsMoreForEachConnection() throws Exception {
    long without = settings("--quiet").plan().connectionsMax();
    long with = settings("--tls-cert a --tls-key b").plan().connectionsMax();

    assertThat(with).isLessThan(without);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cert | give at least one NAME, such as localhost
          cert a,ip:1 | 'a,ip:1' is neither a host name nor an address
          cert --out /nowhere/at/all a | --out: there is no directory /nowhere/at/all
          """)
  void cert_wrongUsage_saysWhatWouldBeRight(String line, String message) {
    String[] words = line.split(" ", -1);
    assertThatThrownBy(() -> CertOptions.read(CertOptions.all().read(words)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}

package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.SelfSigned;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/2 as its specification has it: every case of h2spec, the strict ones too. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class H2specTest {
  /** All that h2spec 2.2.0 has; fewer would mean that a part was not tried. */
  private static final int CASES = 146;

  /** Cases that a relay cannot pass, each with the reason. There is none. */
  private static final Map<String, String> ALLOWED = Map.of();

  @TempDir static Path folder;
  private Origin origin;
  private H2spec h2spec;

  @BeforeAll
  void start() throws Exception {
    h2spec = H2spec.in(folder);
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
  }

  @AfterAll
  void stop() {
    if (origin != null) {
      origin.close();
    }
  }

  private String to() {
    return "http://127.0.0.1:" + origin.port();
  }

  /** A case that is allowed to fail and does not is to be taken off the list. */
  private static void assertAllPassed(H2spec.Report report) {
    assertThat(report.cases()).isEqualTo(CASES);
    Map<String, String> failed = new TreeMap<>(report.failed());
    assertThat(failed.keySet()).containsAll(ALLOWED.keySet());
    failed.keySet().removeAll(ALLOWED.keySet());
    assertThat(failed).isEmpty();
  }

  @Test
  void clearText_allCases_pass() throws Exception {
    try (Program weir = Program.serve("--to", to())) {
      assertAllPassed(h2spec.run(weir.port()));
    }
  }

  @Test
  void tls_allCases_pass() throws Exception {
    SelfSigned self = SelfSigned.make(folder);
    try (Program weir =
        Program.serve(
            "--to",
            to(),
            "--tls-cert",
            self.certificate().toString(),
            "--tls-key",
            self.key().toString())) {
      assertAllPassed(h2spec.run(weir.port(), "-t", "-k"));
    }
  }
}

package io.weir.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.exchange.LocalRequest;
import io.weir.relay.exchange.LocalResponse;
import io.weir.relay.http1.Method;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who comes in at the admin address. */
class AdminGateTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String HERE = "127.0.0.1:3002";
  private final AdminGate gate = new AdminGate(AdminAccess.USUAL);
  private final AdminGate guarded =
      new AdminGate(new AdminAccess(TOKEN, false, true, Set.of("admin.example")));

  private static LocalRequest get(String path, String host) {
    return new LocalRequest(Method.GET, path, host, "", "", "", "", "", "");
  }

  private static LocalRequest from(Method method, String origin, String site, String mode) {
    return new LocalRequest(method, "/flows/1", HERE, origin, site, mode, "", "", "");
  }

  private static LocalRequest with(String path, String authorization) {
    return new LocalRequest(Method.GET, path, "any.example", "", "", "", authorization, "", "");
  }

  private static int status(@Nullable LocalResponse refusal) {
    return refusal == null ? 200 : refusal.status();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:3002",
        "127.0.0.1",
        "localhost:3002",
        "LOCALHOST",
        "weir.localhost:1",
        "[::1]:3002",
        "10.1.2.3:3002",
        ""
      })
  void host_thatCannotBeRebound_comesIn(String host) {
    assertThat(gate.refusal(get("/flows", host))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example:3002",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "1.2.3.4x",
        "[::1"
      })
  void host_thatIsAName_isRefusedButForHealth(String host) {
    assertThat(status(gate.refusal(get("/flows", host)))).isEqualTo(403);
    assertThat(status(gate.refusal(get("/", host)))).isEqualTo(403);
    assertThat(gate.refusal(get("/healthz", host))).isNull();
    assertThat(gate.refusal(get("/readyz?x", host))).isNull();
  }

  @Test
  void host_thatWasGivenToAdmin_comesIn() {
    AdminGate named = new AdminGate(new AdminAccess(null, false, false, Set.of("admin.example")));
    assertThat(named.refusal(get("/", "Admin.Example:3002"))).isNull();
    assertThat(status(named.refusal(get("/", "other.example")))).isEqualTo(403);
  }

  @ParameterizedTest
  @CsvSource({
    "DELETE, http://127.0.0.1:3002, same-origin, cors, 200",
    "DELETE, '', '', '', 200",
    "DELETE, http://evil.example, '', '', 403",
    "DELETE, null, '', '', 403",
    "DELETE, http://127.0.0.1:3003, same-site, cors, 403",
    "DELETE, '', cross-site, navigate, 403",
    "DELETE, 'http://127.0.0.1:3002, http://evil.example', '', '', 403",
    "GET, '', cross-site, no-cors, 403",
    "GET, '', same-site, cors, 403",
    "GET, '', cross-site, navigate, 200",
    "GET, '', none, navigate, 200",
    "GET, http://evil.example, cross-site, cors, 403",
  })
  void request_ofAPage_comesInFromOurOwn(
      Method method, String origin, String site, String mode, int status) {
    assertThat(status(gate.refusal(from(method, origin, site, mode)))).isEqualTo(status);
  }

  @Test
  void token_whereOneIsSet_isWantedButForHealth() {
    assertThat(status(guarded.refusal(with("/", "")))).isEqualTo(401);
    assertThat(status(guarded.refusal(with("/metrics", "")))).isEqualTo(401);
    assertThat(guarded.refusal(with("/healthz", ""))).isNull();
    assertThat(guarded.refusal(with("/readyz", ""))).isNull();
    assertThat(guarded.refusal(with("/", "Bearer " + TOKEN))).isNull();
    assertThat(guarded.refusal(with("/", "bearer  " + TOKEN))).isNull();
    assertThat(guarded.refusal(with("/", basic("anybody:" + TOKEN)))).isNull();
  }

  @Test
  void token_thatIsWrong_isRefusedAndSaysHow() {
    for (String wrong :
        new String[] {
          "Bearer " + TOKEN + "x",
          "Bearer ",
          "Bearer",
          TOKEN,
          basic(TOKEN + ":"),
          basic("x:" + TOKEN.toUpperCase(java.util.Locale.ROOT)),
          "Basic !!!",
          "Bearer " + TOKEN + ", Bearer x"
        }) {
      LocalResponse refusal = guarded.refusal(with("/flows", wrong));
      assertThat(status(refusal)).as(wrong).isEqualTo(401);
      assertThat(refusal == null ? "" : refusal.fields()).contains("WWW-Authenticate: Basic realm");
    }
  }

  @Test
  void metrics_thatAreOpen_wantNoToken() {
    AdminGate open = new AdminGate(new AdminAccess(TOKEN, true, false, Set.of()));
    assertThat(open.refusal(with("/metrics", ""))).isNull();
    assertThat(status(open.refusal(with("/flows", "")))).isEqualTo(401);
  }

  @Test
  void access_asText_keepsTheTokenToItself() {
    assertThat(new AdminAccess(TOKEN, false, false, Set.of()).toString()).doesNotContain(TOKEN);
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
  }
}

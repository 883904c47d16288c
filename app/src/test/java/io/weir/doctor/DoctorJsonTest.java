package io.weir.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.doctor.Diagnosis;
import io.weir.memory.doctor.Watch;
import io.weir.memory.ledger.Look;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DoctorJsonTest {
  private static Diagnosis diagnosis(String name) throws Exception {
    Scene scene = new Scene(name, 10);
    Watch watch = new Watch();
    for (int i = 0; i < 3; i++) {
      Look look = scene.look();
      watch.add(look, scene.ledger(look));
    }
    return watch.judge();
  }

  @Test
  void json_ofADiagnosis_keepsTheContract() throws Exception {
    String json = new String(DoctorJson.bytes(diagnosis("relay")), StandardCharsets.UTF_8);

    assertThat(json)
        .startsWith("{\"pid\":4711,\"name\":\"relay\"")
        .contains("\"rss_bytes\":110000000,", "\"charge_bytes\":110000000,")
        .contains("\"allocator\":\"glibc\"")
        .contains("\"malloc\":{\"live_bytes\":5000000,\"free_bytes\":100000000,")
        .contains("\"trimmable_bytes\":99000000,\"self_check\":true")
        .contains("{\"name\":\"malloc kept\",\"kind\":\"MALLOC_KEPT\",\"bytes\":100000000}")
        .contains("\"verdicts\":[{\"verdict\":\"RETAINED\",\"bytes\":99000000,\"sentence\":\"99.0")
        .contains("\"exit_code\":12")
        .contains("{\"probe\":\"mappings\",\"sentence\":\"mappings may not be read\"")
        .contains("\"looks\":3,\"watch_ms\":2000")
        .contains("{\"at_ms\":2000,\"rss_bytes\":110000000");
  }

  @Test
  void json_ofALook_isTheLedgerWithoutVerdicts() throws Exception {
    Scene scene = new Scene("relay", 1);
    Look look = scene.look();
    byte[] json = DoctorJson.bytes(look, scene.ledger(look));

    assertThat(new String(json, StandardCharsets.UTF_8))
        .contains("\"ledger\":[")
        .doesNotContain("verdicts");
    URI admin = URI.create("http://127.0.0.1:3002");
    assertThat(ServedLedger.text(admin, json))
        .startsWith("Weir at http://127.0.0.1:3002 (PID 4711)\n")
        .contains("  malloc kept             100.0 MB   91 %\n")
        .contains("unaccounted");
  }

  @Test
  void page_hostileName_isEscapedEverywhere() throws Exception {
    String hostile = "<script>alert(1)</script>\"'&";
    String page = DoctorHtml.of(diagnosis(hostile), hostile);

    assertThat(page)
        .startsWith("<!doctype html>")
        .contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;")
        .contains("<svg", "<path class=\"c0\"", "prefers-color-scheme")
        .doesNotContain("<script", "alert(1)</script", "src=", "href=", "url(", "@import");
    assertThat(page).endsWith("</body></html>\n");
  }
}

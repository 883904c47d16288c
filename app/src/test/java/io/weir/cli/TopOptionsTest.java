package io.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.top.TopSettings;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TopOptionsTest {
  private static TopSettings read(String... words) throws UsageException {
    return TopOptions.read(TopOptions.all().read(words));
  }

  @Test
  void top_withNothing_asksTheUsualAddress() throws UsageException {
    assertThat(read("top").admin()).hasToString("http://127.0.0.1:3002");
    assertThat(read("top").once()).isFalse();
    assertThat(read("top").tokenFile()).isNull();
  }

  @Test
  void top_withAllOfIt_isRead() throws UsageException {
    TopSettings settings = read("top", "https://weir.example:8443/", "--token-file=t", "--once");

    assertThat(settings.admin()).hasToString("https://weir.example:8443");
    assertThat(settings.tokenFile()).isEqualTo(Path.of("t"));
    assertThat(settings.once()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:3002",
        "ftp://x",
        "http://",
        "http://a/?b",
        "http://u:p@a",
        "http://a:65536",
        "x y"
      })
  void top_withWhatIsNoUrl_saysWhatWouldBe(String url) {
    assertThatThrownBy(() -> read("top", url))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'" + url + "'")
        .hasMessageContaining("http://127.0.0.1:3002");
  }
}

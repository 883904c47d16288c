package io.weir.relay.sni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The nearest route of a server name. */
final class SniRoutesTest {
  private static final Map<String, String> ROUTES =
      Map.of("a.example", "exact", "*.example", "below", "*.b.example", "nearer", "*", "default");

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "a.example,exact",
        "c.example,below",
        "d.c.example,below",
        "c.b.example,nearer",
        "b.example,below",
        "example,default",
        "other,default",
        "none,default"
      })
  void of_name_isTheNearest(@Nullable String name, String target) {
    assertThat(new SniRoutes<>(ROUTES).of(name)).isEqualTo(target);
  }

  @Test
  void of_nameWithoutARoute_isNull() {
    SniRoutes<String> routes = new SniRoutes<>(Map.of("A.Example", "x"));
    assertThat(routes.of("a.example")).isEqualTo("x");
    assertThat(routes.of("b.example")).isNull();
    assertThat(routes.of(null)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "a..b", "*a", "a.*", "**", "*.", "a b", "a:1", "é"})
  void of_noPattern_isRefused(String pattern) {
    assertThatThrownBy(() -> new SniRoutes<>(Map.of(pattern, "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + pattern + "'");
  }
}

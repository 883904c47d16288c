package io.weir.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The screen of {@code weir top}, as text. */
final class ScreenTest {
  private static final long SECOND = 1_000_000_000;
  private static final int FIRST_ROW = Screen.HEADER + 1;

  private final Screen screen = new Screen(URI.create("http://127.0.0.1:3002"));
  private final View view = new View();

  private static String flow(int id, String peer, long bytes, long held, String waitsFor) {
    return """
        {"id":%d,"peer":"%s","method":"GET","status":200,"phase":"response","waits_for":"%s",
         "downloaded_bytes":%d,"uploaded_bytes":0,"lease_bytes":90000,"held_bytes":%d,
         "age_ms":61000,"later":[1,{"a":2}]}"""
        .formatted(id, peer, waitsFor, bytes, held);
  }

  private static Glance glance(long nanos, long downloaded, String... flows) throws IOException {
    String page =
        """
        {"flows":[%s],"omitted":0,
         "totals":{"open_connections":2,"exchanges":9,"open_exchanges":2,"open_flows":2,
                   "downloaded_bytes":%d,"uploaded_bytes":0,
                   "failures":{"client-gone":1,"send-timeout":4}},
         "memory":{"memory_bytes":268435456,"budget_bytes":148000000,"leased_bytes":24000000,
                   "leased_bytes_max":25000000,"growths":12,"shrinks":3,"scarce_looks":0}}"""
            .formatted(String.join(",", flows), downloaded);
    return Glance.read(page.getBytes(StandardCharsets.UTF_8), nanos);
  }

  private static Screen.Data data() throws IOException {
    Glance before =
        glance(
            0,
            0,
            flow(1, "10.0.0.1:1000", 0, 80_000, "client"),
            flow(2, "10.0.0.2:2000", 0, 5, ""));
    Glance now =
        glance(
            SECOND,
            7_500_000,
            flow(1, "10.0.0.1:1000", 500_000, 80_000, "client"),
            flow(2, "10.0.0.2:2000", 7_000_000, -1, ""));
    return new Screen.Data(
        now, before, new MemoryGlance(66_100_000, 134_217_728, "HEALTHY  nothing waits"), "");
  }

  @Test
  void lines_ofALook_tellMemoryRatesAndSteps() throws IOException {
    List<String> lines = screen.lines(data(), view, 80, 24);

    assertThat(lines)
        .hasSize(24)
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    assertThat(lines.get(0)).isEqualTo("Weir http://127.0.0.1:3002");
    assertThat(lines.get(1))
        .startsWith("charge 134.2 of 268.4 MB [##########..........]  rss 66.1  leased 24.0 of 1");
    assertThat(lines.get(2))
        .isEqualTo("2 connections  2 exchanges  2 flows  down 7.5 MB/s  up 0.0 MB/s");
    assertThat(lines.get(3))
        .isEqualTo("growths 12  shrinks 3  scarce looks 0  send-timeout 4  client-gone 1");
    assertThat(lines.get(4)).isEqualTo("HEALTHY  nothing waits");
    assertThat(lines.get(FIRST_ROW))
        .startsWith("10.0.0.2:2000         GET  200 response -           7.0        7.0       ?")
        .endsWith("  61s");
    assertThat(lines.get(FIRST_ROW + 1))
        .contains("10.0.0.1:1000")
        .contains("client")
        .contains(" 80 ");
    assertThat(lines.getLast()).startsWith("q quit");
  }

  @Test
  void lines_withoutAConnection_sayItAndKeepTheLast() throws IOException {
    Screen.Data lost =
        new Screen.Data(data().now(), data().before(), data().memory(), "no answer from there");

    assertThat(screen.lines(lost, view, 80, 24).get(4)).isEqualTo("LOST  no answer from there");
    assertThat(screen.lines(lost, view, 80, 24).get(FIRST_ROW)).startsWith("10.0.0.2");
  }

  @Test
  void keys_sortFilterAndQuit() throws IOException {
    view.key('c', 10);
    assertThat(screen.lines(data(), view, 80, 24).get(FIRST_ROW)).startsWith("10.0.0.1");
    view.key('c', 10);
    assertThat(screen.lines(data(), view, 80, 24).get(FIRST_ROW)).startsWith("10.0.0.2");
    view.key('h', 10);
    assertThat(screen.lines(data(), view, 80, 24).get(FIRST_ROW)).startsWith("10.0.0.1");

    for (int key : "/0.2q".chars().toArray()) {
      view.key(key, 10);
    }
    assertThat(view.quit()).isFalse();
    view.key(127, 10);
    assertThat(screen.lines(data(), view, 80, 24).getLast()).isEqualTo("filter: 0.2_");
    view.key('\r', 10);
    List<String> filtered = screen.lines(data(), view, 80, 24);
    assertThat(filtered.getFirst()).endsWith("filter: 0.2 (1)");
    assertThat(filtered.get(FIRST_ROW)).startsWith("10.0.0.2");
    assertThat(filtered.get(FIRST_ROW + 1)).isEmpty();
    view.key(View.ESCAPE, 10);
    assertThat(screen.lines(data(), view, 80, 24).get(FIRST_ROW + 1)).isNotEmpty();
    view.key('q', 10);
    assertThat(view.quit()).isTrue();
  }

  @Test
  void arrows_beyondTheEnd_stayAtTheLastPage() throws IOException {
    for (int i = 0; i < 50; i++) {
      view.key(View.PAGE_DOWN, 1);
    }
    int oneRow = FIRST_ROW + 2;
    assertThat(screen.lines(data(), view, 80, oneRow).get(FIRST_ROW)).startsWith("10.0.0.1");
    view.key(View.UP, 1);
    assertThat(screen.lines(data(), view, 80, oneRow).get(FIRST_ROW)).startsWith("10.0.0.2");
  }

  @Property(tries = 200)
  void lines_inAnySize_fit(
      @ForAll @IntRange(min = 1, max = 300) int width,
      @ForAll @IntRange(min = 1, max = 100) int height,
      @ForAll @IntRange(min = 0, max = 255) int key)
      throws IOException {
    view.key(key, Screen.page(height));
    assertThat(screen.lines(data(), view, width, height))
        .hasSizeLessThanOrEqualTo(height)
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
  }

  @Test
  void snapshot_ofALook_isPlainAndHasEveryFlow() throws IOException {
    List<String> lines = screen.snapshot(data(), 100);

    assertThat(lines).hasSize(FIRST_ROW + 2).noneMatch(line -> line.contains("\033"));
    assertThat(lines.get(Screen.HEADER)).contains("LEASE kB");
  }

  @Test
  void glance_ofAnotherPage_isRefused() {
    for (String page : List.of("", "[]", "{}", "{\"flows\":[]}", "<html>", "{\"flows\":[")) {
      assertThatThrownBy(() -> Glance.read(page.getBytes(StandardCharsets.UTF_8), 0))
          .as(page)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void glance_withEscapesInIt_cannotSteerTheTerminal() throws IOException {
    Glance glance = glance(0, 0, flow(1, "\\u001b[2Jx", 0, 0, ""));

    assertThat(glance.flows().getFirst().peer()).isEqualTo("?[2Jx");
  }

  @Test
  void memory_withVerdicts_hasTheFirst() throws IOException {
    String page =
        """
        {"pid":1,"rss_bytes":5,"charge_bytes":6,"ledger":[{"name":"x","bytes":1}],
         "verdicts":[{"verdict":"BUFFERING","bytes":1,"sentence":"much waits","arithmetic":["a"]},
                     {"verdict":"OTHER","sentence":"no"}]}""";

    assertThat(MemoryGlance.read(page.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new MemoryGlance(5, 6, "BUFFERING  much waits"));
  }
}

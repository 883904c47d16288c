package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.Readers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The live page, in a real browser. */
class PageTest {
  private static final long SEED = 21;
  private static final int FLOWS = Boolean.getBoolean("weir.long") ? 9_000 : 600;
  private static final int RATE = 8 * 1024;

  /** What is in the document at once of however many flows. */
  private static final int ROWS_MAX = 60;

  private Origin origin;
  private Browser browser;

  @BeforeEach
  void start() throws Exception {
    browser = Browser.open();
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stop() throws Exception {
    if (origin != null) {
      origin.close();
    }
    if (browser != null) {
      browser.close();
    }
  }

  private Program serve(String... more) throws Exception {
    List<String> words =
        new java.util.ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    words.addAll(List.of("--memory", FLOWS > 1000 ? "512m" : "256m"));
    words.addAll(List.of(more));
    return Program.serve(words.toArray(new String[0]));
  }

  private static String page(Program weir) {
    return "http://127.0.0.1:" + weir.adminPort() + "/";
  }

  private Readers readers(Program weir, int count) throws Exception {
    return Readers.start(
        new Readers.Plan(weir.address(), "/disk.img?a=<b>&c", count, RATE, 32 * 1024, SEED));
  }

  private void showLive(Program weir) throws Exception {
    browser.show(page(weir));
    browser.await("document.getElementById('connection').dataset.state === 'live'");
  }

  private static String flowsSay(int count) {
    return "document.getElementById('count').textContent === '"
        + String.format(java.util.Locale.ROOT, "%,d", count)
        + " flows'";
  }

  @Test
  void page_underLoad_showsChartVerdictAndEachFlowInFewRows() throws Exception {
    try (Program weir = serve()) {
      try (Readers readers = readers(weir, FLOWS)) {
        weir.await("all are under way", () -> weir.total("open_exchanges") == FLOWS);
        showLive(weir);
        browser.await(flowsSay(FLOWS));
        browser.await("document.querySelector('#chart canvas')");
        browser.await("document.getElementById('verdict-word').textContent !== '…'");
        browser.await("document.getElementById('events') && uPlot");
        assertThat(browser.number("document.querySelectorAll('#table-body tr').length"))
            .isBetween(10L, (long) ROWS_MAX);
        assertThat(browser.text("document.querySelector('#table-body td.route').textContent"))
            .isEqualTo("GET /disk.img?a=<b>&c");
        seeTheLastRow();
        sortAndFilter();
        picturesOfAllSizes();
        assertThat(readers.progress().failed()).isZero();
        readers.stop();
      }
      assertThat(browser.console()).isEmpty();
      leave(weir);
    }
  }

  private void seeTheLastRow() throws Exception {
    browser.run("document.getElementById('viewport').scrollTop = 1e9");
    browser.await(
        "[...document.querySelectorAll('#table-body tr[data-id]')].some(r => r.ariaRowIndex === '"
            + (FLOWS + 1)
            + "')");
    assertThat(browser.number("document.querySelectorAll('#table-body tr').length"))
        .isLessThanOrEqualTo(ROWS_MAX);
    browser.run("document.getElementById('viewport').scrollTop = 0");
  }

  private void sortAndFilter() throws Exception {
    browser.run("document.querySelector('#table-head button').click()");
    browser.await("document.querySelector('#table-head th').ariaSort === 'ascending'");
    String first = browser.text("document.querySelectorAll('#table-body td')[1].textContent");
    browser.run(
        "const f = document.getElementById('filter'); f.value = '"
            + first
            + "'; f.dispatchEvent(new Event('input'))");
    browser.await("document.querySelectorAll('#table-body tr[data-id]').length >= 1");
    browser.await("document.getElementById('count').textContent.includes(' of ')");
    assertThat(browser.text("document.querySelectorAll('#table-body td')[1].textContent"))
        .isEqualTo(first);
    browser.run(
        "const f = document.getElementById('filter'); f.value = '';"
            + " f.dispatchEvent(new Event('input'))");
  }

  private void picturesOfAllSizes() throws Exception {
    browser.look(1280, 1500, "light");
    browser.await("uPlot && innerWidth === 1280");
    browser.picture("page-light");
    browser.look(1280, 1500, "dark");
    browser.await("matchMedia('(prefers-color-scheme: dark)').matches");
    browser.picture("page-dark");
    browser.look(390, 1800, "light");
    browser.await("innerWidth === 390");
    assertThat(browser.number("document.documentElement.scrollWidth")).isLessThanOrEqualTo(390);
    browser.picture("page-phone");
  }

  /** A browser keeps its connections for a while: they are no descriptors that were left over. */
  private void leave(Program weir) throws Exception {
    browser.close();
    weir.awaitIdle();
  }

  @Test
  void page_whileWeirIsStartedAnew_saysSoAndComesBack() throws Exception {
    int port;
    try (Program first = serve()) {
      port = first.adminPort();
      showLive(first);
      first.signal("TERM");
      assertThat(first.awaitExit()).isZero();
      browser.await("document.getElementById('connection').dataset.state === 'lost'");
      assertThat(browser.text("document.getElementById('connection').textContent"))
          .contains("connection lost");
    }
    try (Program second = serve("--admin", "127.0.0.1:" + port)) {
      browser.await("document.getElementById('connection').dataset.state === 'live'");
      leave(second);
    }
  }

  @Test
  void flow_withAdminWrite_isClosedByItsButton() throws Exception {
    try (Program weir = serve("--admin-write")) {
      try (Readers readers = readers(weir, 3)) {
        weir.await("all are under way", () -> weir.total("open_exchanges") == 3);
        showLive(weir);
        browser.await("document.querySelector('#table-body td button')");
        browser.run("document.querySelector('#table-body td button').click()");
        browser.await(flowsSay(2));
        weir.await("it is closed", () -> weir.failures("admin-cut") == 1);
        browser.await("document.getElementById('steps').textContent.includes('closed here: 1')");
        weir.await("the reader sees it", () -> readers.progress().failed() == 1);
        readers.stop();
      }
      assertThat(browser.console()).isEmpty();
      leave(weir);
    }
  }

  @Test
  void flow_withoutAdminWrite_hasNoButtonAndIsNotClosed() throws Exception {
    try (Program weir = serve()) {
      try (Readers readers = readers(weir, 1)) {
        weir.await("it is under way", () -> weir.total("open_exchanges") == 1);
        showLive(weir);
        browser.await(flowsSay(1));
        assertThat(browser.number("document.querySelectorAll('#table-body button').length"))
            .isZero();
        browser.run(
            "fetch('/flows/1', {method: 'DELETE'}).then(r => { window.refused = r.status })");
        browser.await("window.refused === 403");
        assertThat(weir.total("open_exchanges")).isEqualTo(1);
        assertThat(readers.progress().failed()).isZero();
        readers.stop();
      }
      leave(weir);
    }
  }
}

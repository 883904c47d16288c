package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchOptionsTest {
  @Test
  void read_nothing_givesTheUsualRun() throws UsageException {
    Settings settings = BenchOptions.read(List.of());
    assertThat(settings.rounds()).isEqualTo(3);
    assertThat(settings.peers()).isEqualTo(Peers.all());
    assertThat(settings.workloads()).extracting(Workload::name).contains("bulk16", "slow");
    assertThat(settings.workloads()).extracting(Workload::name).doesNotContain("churn", "slow9000");
    assertThat(settings.rounds(Workload.named("bulk16"))).isEqualTo(3);
    assertThat(settings.rounds(Workload.named("after"))).isEqualTo(1);
  }

  @Test
  void millis_ofTheUsualRunWithAllProxies_isAQuarterOfAnHourAtMost() throws UsageException {
    Settings settings = BenchOptions.read(List.of());
    long millis = settings.millis(Peers.all().size(), settings.workloads());
    assertThat(millis).isBetween(5 * 60_000L, 15 * 60_000L);
    Settings quick = BenchOptions.read(List.of("--quick", "--workloads", "small"));
    assertThat(quick.millis(2, quick.workloads())).isEqualTo(3 * (1_000 + 2_000 + 1_500));
  }

  @Test
  void read_rounds_areTakenForAllWorkloads() throws UsageException {
    Settings settings = BenchOptions.read(List.of("--rounds", "2"));
    assertThat(settings.rounds(Workload.named("after"))).isEqualTo(2);
  }

  @Test
  void read_full_hasAllWorkloads() throws UsageException {
    assertThat(BenchOptions.read(List.of("--full")).workloads()).isEqualTo(Workload.all());
  }

  @Test
  void read_everything_isTaken() throws UsageException {
    List<String> words =
        List.of(
            "--quick --rounds=2 --seconds 5 --peers nginx,weir --workloads small".split(" ", -1));
    Settings settings = BenchOptions.read(words);
    assertThat(settings.rounds()).isEqualTo(2);
    assertThat(settings.seconds()).isEqualTo(5);
    assertThat(settings.peers()).extracting(Peer::name).containsExactly("weir", "nginx");
    assertThat(settings.workloads()).extracting(Workload::name).containsExactly("small");
    assertThat(settings.command()).isEqualTo("weir bench " + String.join(" ", words));
  }

  @Test
  void read_paths_goEveryWay() throws UsageException {
    Settings settings = BenchOptions.read(List.of("--paths", "--size", "20m"));
    assertThat(settings.workloads())
        .extracting(Workload::name)
        .hasSize(2 * Entrance.values().length)
        .contains("h2-slow", "h2-whole", "connect-slow", "socks5-whole", "tcp-slow");
    assertThat(settings.workloads().get(1).bodyBytes()).isEqualTo(20 << 20);
    assertThat(settings.peers()).extracting(Peer::name).containsExactly("weir", "haproxy", "nginx");
    List<String> one = List.of("--paths", "--workloads", "tls-whole");
    assertThat(BenchOptions.read(one).workloads())
        .extracting(Workload::entrance)
        .containsExactly(Entrance.TLS);
  }

  @Test
  void read_weirOptions_areSplitAtSpaces() throws UsageException {
    Settings settings = BenchOptions.read(List.of("--weir-options", "--memory 160m"));
    assertThat(settings.weirOptions()).containsExactly("--memory", "160m");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --quick --full | --quick and --full exclude each other
          --quick=1 | --quick takes no value
          --rounds | --rounds needs a value
          --rounds 0 | --rounds: 0 is not between 1 and 1000
          --rounds two | --rounds: "two" is not a whole number
          --rounds 1 --rounds 2 | --rounds is given twice
          --peers squid | --peers: 'squid' is not one of weir, haproxy
          --workloads bulk2 | --workloads: 'bulk2' is not one of bulk1, bulk16
          --out /no/such/folder | --out: '/no/such/folder' is not a folder
          --round 3 | unknown option --round; there are --quick
          --paths --full | --paths and --full exclude each other
          --paths --size 0 | --size: it is between 1 and 1t
          --paths --size big | --size: "big" is not a size
          --size 1m | --size belongs to --paths
          --paths --workloads small | --workloads: 'small' is not one of http-slow, http-whole
          --paths --peers caddy | --peers: 'caddy' is not one of weir, haproxy, nginx
          stray | 'stray' belongs to no option
          """)
  void read_wrongUsage_saysWhatWouldBeRight(String words, String message) {
    assertThatThrownBy(() -> BenchOptions.read(List.of(words.split(" ", -1))))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(message);
  }
}

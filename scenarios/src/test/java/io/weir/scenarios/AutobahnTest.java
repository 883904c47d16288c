package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** WebSocket, case by case: what goes well without Weir goes well through it. */
@EnabledIfSystemProperty(named = "weir.long", matches = "true") // minutes
class AutobahnTest {
  /** All that this suite has without its category 9: large messages, for their speed. */
  private static final int CASES = 247;

  private static final String DIRECT = "without Weir";

  @TempDir Path folder;

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void allCases_throughEachWay_asWithoutWeir() throws Exception {
    try (Autobahn autobahn = Autobahn.start(folder);
        Program reverse = Program.serve("--to", "http://127.0.0.1:" + autobahn.port());
        Program tcp = Program.serve("--tcp", "127.0.0.1:0=127.0.0.1:" + autobahn.port())) {
      Map<String, String> servers = new LinkedHashMap<>();
      servers.put(DIRECT, "ws://127.0.0.1:" + autobahn.port());
      servers.put("reverse", "ws://127.0.0.1:" + reverse.port());
      servers.put("tcp", "ws://127.0.0.1:" + tcp.port());
      Map<String, Map<String, String>> results =
          autobahn.run(servers, List.of("*"), List.of("9.*"));
      assertThat(results).containsOnlyKeys(servers.keySet());
      Map<String, String> direct = results.getOrDefault(DIRECT, Map.of());
      assertThat(results.values()).allMatch(cases -> cases.size() == CASES);
      assertThat(direct.values()).filteredOn(how -> how.startsWith("OK")).hasSizeGreaterThan(240);
      assertThat(differences(results, direct)).isEmpty();
    }
  }

  /** The cases that went otherwise than without Weir: where, and both results. */
  private static Map<String, String> differences(
      Map<String, Map<String, String>> results, Map<String, String> direct) {
    Map<String, String> found = new TreeMap<>();
    results.forEach(
        (server, cases) ->
            cases.forEach(
                (name, how) -> {
                  if (!how.equals(direct.get(name))) {
                    found.put(server + " " + name, how + "; without: " + direct.get(name));
                  }
                }));
    return found;
  }
}

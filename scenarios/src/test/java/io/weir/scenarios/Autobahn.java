package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The Autobahn test suite for WebSocket, in Python, on a JVM: a server that echoes, and a client
 * that tries it case by case, in good order and not. Each is a process of its own.
 *
 * <p>Its clocks of 0.5 to 1 s go ten times as slowly here, so that a case is not decided by how
 * busy the machine is.
 */
final class Autobahn implements AutoCloseable {
  private static final long SECONDS_MAX = 600;

  /** The server's own port is not the one that its clients ask for, behind a relay. */
  private static final String ECHO =
      """
      import sys
      from autobahntestsuite import choosereactor
      from twisted.internet import reactor
      from autobahntestsuite.testee import TesteeServerFactory

      class AnyPort(int):
          def __ne__(self, other):
              return False

      factory = TesteeServerFactory('ws://127.0.0.1:9001')
      factory.externalPort = AnyPort(9001)
      factory.setProtocolOptions(openHandshakeTimeout=60, closeHandshakeTimeout=10)
      listener = reactor.listenTCP(0, factory, interface='127.0.0.1')
      print 'port %d' % listener.getHost().port
      sys.stdout.flush()
      reactor.run()
      """;

  private static final String CLIENT =
      """
      from autobahntestsuite import wstest
      from autobahntestsuite.fuzzing import FuzzingProtocol

      kill_after = FuzzingProtocol.killAfter
      FuzzingProtocol.killAfter = lambda self, seconds: kill_after(self, 10 * seconds)
      wstest.run()
      """;

  private final Path folder;
  private final Process echo;
  private final int port;

  private Autobahn(Path folder, Process echo, int port) {
    this.folder = folder;
    this.echo = echo;
    this.port = port;
  }

  /** Starts its server, and waits until it listens. */
  static Autobahn start(Path folder) throws IOException {
    Path script = Files.writeString(folder.resolve("echo.py"), ECHO);
    Process echo =
        new ProcessBuilder(jython(script.toString()))
            .redirectError(folder.resolve("echo.err").toFile())
            .start();
    // Not closed: the process would be told by its next line.
    BufferedReader said =
        new BufferedReader(new InputStreamReader(echo.getInputStream(), StandardCharsets.UTF_8));
    @Nullable String line = said.readLine();
    while (line != null && !line.startsWith("port ")) {
      line = said.readLine();
    }
    if (line == null) {
      echo.destroyForcibly();
      throw new IOException(Files.readString(folder.resolve("echo.err")));
    }
    return new Autobahn(folder, echo, Integer.parseInt(line.substring(5)));
  }

  private static List<String> jython(String... arguments) {
    Path suites = Path.of(System.getProperty("weir.suites"));
    String classes =
        suites.resolve("autobahntestsuite-maven-plugin.jar")
            + ":"
            + suites.resolve("jython-standalone.jar");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-cp", classes));
    command.add("org.python.util.jython");
    command.addAll(List.of(arguments));
    return command;
  }

  /** Where the server listens. */
  int port() {
    return port;
  }

  /**
   * Runs cases against servers.
   *
   * @param servers name and address of each
   * @param cases such as {@code 1.*}
   * @param without those that are left out
   * @return by server, by case: how the exchange went and how it was closed
   */
  Map<String, Map<String, String>> run(
      Map<String, String> servers, List<String> cases, List<String> without) throws Exception {
    Path specification =
        Files.writeString(folder.resolve("spec.json"), specification(servers, cases, without));
    Path script = Files.writeString(folder.resolve("client.py"), CLIENT);
    Path log = folder.resolve("client.log");
    Process client =
        new ProcessBuilder(
                jython(script.toString(), "-m", "fuzzingclient", "-s", specification.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(client.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).as("it has ended").isTrue();
    } finally {
      client.destroyForcibly();
    }
    Path index = folder.resolve("reports").resolve("index.json");
    assertThat(index).as(Files.readString(log)).exists();
    return read(Json.parse(Files.readString(index)));
  }

  private String specification(
      Map<String, String> servers, List<String> cases, List<String> without) {
    List<String> all = new ArrayList<>();
    servers.forEach(
        (name, address) ->
            all.add(
                "{\"agent\": \"%s\", \"url\": \"%s\", \"options\": {\"version\": 18}}"
                    .formatted(name, address)));
    return """
        {"options": {"failByDrop": false, "openHandshakeTimeout": 60,
                     "closeHandshakeTimeout": 10, "serverConnectionDropTimeout": 10},
         "outdir": "%s", "servers": [%s],
         "cases": [%s], "exclude-cases": [%s], "exclude-agent-cases": {}}
        """
        .formatted(
            folder.resolve("reports"), String.join(", ", all), quoted(cases), quoted(without));
  }

  private static String quoted(List<String> words) {
    return words.isEmpty() ? "" : "\"" + String.join("\", \"", words) + "\"";
  }

  private static Map<String, Map<String, String>> read(Map<String, Object> index)
      throws IOException {
    Map<String, Map<String, String>> servers = new LinkedHashMap<>();
    for (String server : index.keySet()) {
      Map<String, Object> cases = Json.object(index, server);
      Map<String, String> results = new TreeMap<>();
      for (String name : cases.keySet()) {
        Map<String, Object> one = Json.object(cases, name);
        results.put(
            name,
            "%s, close %s, code %s"
                .formatted(
                    one.get("behavior"), one.get("behaviorClose"), one.get("remoteCloseCode")));
      }
      servers.put(server, results);
    }
    return servers;
  }

  @Override
  public void close() {
    echo.destroyForcibly();
  }
}

package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.load.Origin;
import io.weir.load.SeededBytes;
import io.weir.load.SelfSigned;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs that people have behind a proxy. Those that are not installed are skipped. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForwardClientsTest {
  private static final int BIG_FILE_BYTES = 5_000_003;
  private static final int BODY_BYTES = 100_000_003;
  private static final long SEED = 29;

  @TempDir static Path folder;
  private Program forward;

  @BeforeAll
  void start() throws Exception {
    forward = Program.serve("--forward", "--allow", "127.0.0.0/8:*", "--allow", "localhost:*");
    // A browser asks for places of its own, for which each loop's resolver has a socket.
    forward.allowDescriptors(2 * Runtime.getRuntime().availableProcessors());
  }

  @AfterAll
  void stop() throws Exception {
    forward.close();
  }

  private String proxy() {
    return "http://127.0.0.1:" + forward.port();
  }

  private static Commands.Ended run(Map<String, String> environment, String... command)
      throws Exception {
    List<String> words = new ArrayList<>(List.of("env"));
    environment.forEach((name, value) -> words.add(name + "=" + value));
    words.addAll(Arrays.asList(command));
    Commands.assumeInstalled(command[0]);
    Commands.Ended ended = Commands.run(words.toArray(String[]::new));
    assertThat(ended.code())
        .as(String.join(" ", command) + "\n" + ended.text() + ended.err())
        .isZero();
    return ended;
  }

  private static Commands.Ended git(String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("git"));
    words.addAll(Arrays.asList(arguments));
    Map<String, String> environment =
        Map.of(
            "GIT_CONFIG_GLOBAL", "/dev/null",
            "GIT_CONFIG_NOSYSTEM", "1",
            "GIT_AUTHOR_NAME", "a",
            "GIT_AUTHOR_EMAIL", "a@b",
            "GIT_COMMITTER_NAME", "a",
            "GIT_COMMITTER_EMAIL", "a@b",
            "GIT_TERMINAL_PROMPT", "0");
    return run(environment, words.toArray(String[]::new));
  }

  /** A repository with a file that does not compress; returns its folder's parent. */
  private static Path repository(String name) throws Exception {
    Path root = Files.createDirectory(folder.resolve(name));
    String bare = root.resolve("repository.git").toString();
    Path work = Files.createDirectory(root.resolve("work"));
    git("init", "-q", "--bare", "-b", "main", bare);
    git("init", "-q", "-b", "main", work.toString());
    byte[] bytes = new byte[BIG_FILE_BYTES];
    new SeededBytes(SEED).fill(bytes, 0);
    Files.write(work.resolve("big"), bytes);
    git("-C", work.toString(), "add", "big");
    git("-C", work.toString(), "commit", "-q", "-m", "One");
    git("-C", work.toString(), "push", "-q", bare, "main");
    return root;
  }

  private static void assertClonesAndPushes(Path root, String url, String... options)
      throws Exception {
    Path clone = root.resolve("clone");
    List<String> words = new ArrayList<>(Arrays.asList(options));
    words.addAll(List.of("clone", "-q", url, clone.toString()));
    git(words.toArray(String[]::new));
    byte[] bytes = Files.readAllBytes(clone.resolve("big"));
    assertThat(new SeededBytes(SEED).mismatch(bytes, 0, bytes.length, 0)).isEqualTo(-1);
    new SeededBytes(SEED + 1).fill(bytes, 0);
    Files.write(clone.resolve("big"), bytes);
    git("-C", clone.toString(), "commit", "-q", "-a", "-m", "Two");
    List<String> push = new ArrayList<>(List.of("-C", clone.toString()));
    push.addAll(Arrays.asList(options)); // beyond postBuffer a push comes in chunks
    push.addAll(List.of("-c", "http.postBuffer=65536", "push", "-q", "origin", "main"));
    git(push.toArray(String[]::new));
    String bare = root.resolve("repository.git").toString();
    assertThat(git("-C", bare, "log", "--format=%s", "main").text()).isEqualTo("Two\nOne\n");
  }

  @Test
  void git_throughTheReverseProxy_clonesAndPushes() throws Exception {
    Path root = repository("reverse");
    SelfSigned self = SelfSigned.make(root);
    try (FileServer server = FileServer.ofGit(root);
        Program weir =
            Program.serve(
                "--to",
                server.url(""),
                "--tls-cert",
                self.certificate().toString(),
                "--tls-key",
                self.key().toString())) {
      String url = "https://localhost:" + weir.port() + "/repository.git";
      assertClonesAndPushes(root, url, "-c", "http.sslVerify=false", "-c", "http.proxy=");
      assertThat(server.requests()).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "socks5h"})
  void git_throughTheForwardProxy_clonesAndPushes(String scheme) throws Exception {
    Path root = repository("forward-" + scheme);
    String proxy = scheme + "://127.0.0.1:" + forward.port();
    long before = forward.total("exchanges");
    try (FileServer server = FileServer.ofGit(root)) {
      assertClonesAndPushes(root, server.url("/repository.git"), "-c", "http.proxy=" + proxy);
    }
    assertThat(forward.total("exchanges")).isGreaterThan(before);
  }

  @Test
  void npm_throughTheForwardProxy_installs() throws Exception {
    Path root = Files.createDirectory(folder.resolve("npm"));
    Path made = Files.createDirectory(root.resolve("made"));
    Files.writeString(
        made.resolve("package.json"), "{\"name\": \"weir-tried\", \"version\": \"1.0.0\"}");
    Files.writeString(made.resolve("index.js"), "module.exports = 42;\n");
    Path files = Files.createDirectory(root.resolve("files"));
    Map<String, String> environment =
        Map.of("HOME", root.toString(), "npm_config_update_notifier", "false");
    String packed =
        run(
                environment,
                "npm",
                "pack",
                "--json",
                "--pack-destination",
                files.toString(),
                made.toString())
            .text();
    String integrity = packed.replaceAll("(?s).*\"integrity\": \"([^\"]+)\".*", "$1");
    try (FileServer server = FileServer.of(files)) {
      Files.writeString(
          files.resolve("weir-tried"),
          """
          {"name": "weir-tried", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {
            "name": "weir-tried", "version": "1.0.0",
            "dist": {"tarball": "%s", "integrity": "%s"}}}}
          """
              .formatted(server.url("/weir-tried-1.0.0.tgz"), integrity));
      Path project = Files.createDirectory(root.resolve("project"));
      Files.writeString(project.resolve("package.json"), "{\"private\": true}");
      long before = forward.total("exchanges");
      run(
          environment,
          "npm",
          "install",
          "--prefix",
          project.toString(),
          "--registry",
          server.url("/"),
          "--proxy",
          proxy(),
          "--https-proxy",
          proxy(),
          "--noproxy",
          "",
          "--no-audit",
          "--no-fund",
          "weir-tried");
      assertThat(project.resolve("node_modules/weir-tried/index.js")).content().contains("42");
      assertThat(forward.total("exchanges")).isGreaterThan(before);
    }
  }

  @Test
  void maven_throughTheForwardProxy_downloadsItsPluginsAndAnArtifact() throws Exception {
    Path known = Path.of(String.valueOf(System.getProperty("weir.repository")));
    assumeThat(known).as("Maven's local repository").isDirectory();
    Path root = Files.createDirectory(folder.resolve("maven"));
    try (FileServer server = FileServer.of(known)) {
      Path settings =
          Files.writeString(
              root.resolve("settings.xml"),
              """
              <settings>
                <mirrors><mirror>
                  <id>known</id><mirrorOf>*</mirrorOf><url>%s</url>
                </mirror></mirrors>
                <proxies><proxy>
                  <id>weir</id><active>true</active><protocol>http</protocol>
                  <host>127.0.0.1</host><port>%d</port><nonProxyHosts></nonProxyHosts>
                </proxy></proxies>
              </settings>
              """
                  .formatted(server.url("/"), forward.port()));
      long before = forward.total("exchanges");
      run(
          Map.of("JAVA_HOME", System.getProperty("java.home"), "MAVEN_OPTS", "-Xmx256m"),
          "mvn",
          "-B",
          "-q",
          "-s",
          settings.toString(),
          "-Dmaven.repo.local=" + root.resolve("repository"),
          "org.apache.maven.plugins:maven-dependency-plugin:"
              + System.getProperty("weir.dependency.plugin")
              + ":copy",
          "-Dartifact=org.jspecify:jspecify:1.0.0",
          "-DoutputDirectory=" + root);
      assertThat(
              Files.mismatch(
                  root.resolve("jspecify-1.0.0.jar"),
                  known.resolve("org/jspecify/jspecify/1.0.0/jspecify-1.0.0.jar")))
          .isEqualTo(-1);
      assertThat(forward.total("exchanges") - before).isEqualTo(server.requests());
    }
  }

  private static void assertLoadsAndDownloads(Browser browser, String url)
      throws IOException, InterruptedException {
    browser.show(url + "/hello");
    assertThat(browser.text("document.body.innerText.trim()")).isEqualTo("hello");
    // The bytes repeat, so the beginning of a body says what should follow.
    browser.run(
        """
      window.got = ''; (async () => {
        const reader = (await fetch('/bytes/%d')).body.getReader();
        let bytes = 0, wrong = 0, first = null;
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          first = first || part.value.slice();
          for (let i = 0; i < part.value.length; i += 1009) {
            const at = (bytes + i) %% 65521;
            wrong += at < first.length && part.value[i] !== first[at];
          }
          bytes += part.value.length;
        }
        window.got = wrong + ' wrong of ' + bytes;
      })();
      """
            .formatted(BODY_BYTES));
    browser.await("window.got");
    assertThat(browser.text("window.got")).isEqualTo("0 wrong of " + BODY_BYTES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "socks5"})
  void chromium_throughTheForwardProxy_loadsAPageAndABigBody(String scheme) throws Exception {
    long before = forward.total("exchanges");
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        Browser browser =
            Browser.open(
                "--proxy-server=" + scheme + "://127.0.0.1:" + forward.port(),
                "--proxy-bypass-list=<-loopback>")) {
      assertLoadsAndDownloads(browser, "http://127.0.0.1:" + origin.port());
      assertThat(forward.total("exchanges")).isGreaterThan(before);
    }
  }

  @Test
  void chromium_byHttp2_loadsAPageAndABigBody() throws Exception {
    SelfSigned self = SelfSigned.make(Files.createDirectory(folder.resolve("browser")));
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        Program weir =
            Program.serve(
                "--to",
                "http://127.0.0.1:" + origin.port(),
                "--tls-cert",
                self.certificate().toString(),
                "--tls-key",
                self.key().toString());
        Browser browser = Browser.open("--ignore-certificate-errors")) {
      assertLoadsAndDownloads(browser, "https://localhost:" + weir.port());
      assertThat(browser.text("performance.getEntriesByType('navigation')[0].nextHopProtocol"))
          .isEqualTo("h2");
    }
  }
}

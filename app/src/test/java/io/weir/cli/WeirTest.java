package io.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.exchange.ForwardSettings;
import io.weir.relay.exchange.RelaySettings;
import io.weir.relay.exchange.Timeouts;
import io.weir.relay.exchange.TrustedProxies;
import io.weir.relay.http1.HeadLimits;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import io.weir.server.SystemLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeirTest {
  private static final SystemLimits SYSTEM =
      new SystemLimits(16 << 20, 20_000, 4096, Long.MAX_VALUE);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String line) throws InterruptedException {
    String[] words = line.isEmpty() ? new String[0] : line.split(" ", -1);
    return new Weir(new PrintStream(out), new PrintStream(err)).run(words);
  }

  private static ServeSettings settings(String options) throws UsageException, StartException {
    String[] words = ("serve " + options).split(" ", -1);
    return ServeOptions.read(ServeOptions.all().read(words), SYSTEM);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          serv | 'serv' is not a command; there are serve, demo, doctor, top, cert, bench
          help nothing | 'nothing' is not a command
          serve | weir serve: give --to URL (the origin), --resource URL
          serve --to http://a/ --resource http://a/ | --to and --resource exclude each other
          serve --to ftp://a/ | --to: 'ftp://a/' is not a usable URL
          serve --to http://127.0.0.1/a?b | --to: 'http://127.0.0.1/a?b' has a query
          serve --to http://127.0.0.1 --lisen 3001 | unknown option --lisen; is it --listen?
          serve --to http://127.0.0.1 stray | 'stray' belongs to no option
          serve --to | --to needs a value: URL
          serve --to --quiet | --to needs a value: URL
          serve --to http://a --to http://b | --to is given twice
          serve --to http://127.0.0.1 --quiet=3 | --quiet takes no value
          serve --to http://127.0.0.1 --listen foo | --listen: 'foo' is not [HOST:]PORT
          serve --to http://127.0.0.1 --listen 65536 | --listen: '65536' is not [HOST:]PORT
          serve --to http://127.0.0.1 --listen ::1:80 | --listen: '::1:80' is not [HOST:]PORT
          serve --to http://127.0.0.1 --admin x:-1 | --admin: 'x:-1' is not [HOST:]PORT
          serve --to http://127.0.0.1 --idle-timeout 5x | --idle-timeout: "5x" is not a time
          serve --to http://127.0.0.1 --idle-timeout 0s | --idle-timeout: 0s is not between 1ms
          serve --to http://127.0.0.1 --drain 900h | --drain: 900h is not between 0 and 24 days
          serve --to http://127.0.0.1 --max-head 65k | --max-head: 65k is not between 1 and 64k
          serve --to http://127.0.0.1 --max-body 1x | --max-body: "1x" is not a size
          serve --to http://127.0.0.1 --threads 0 | --threads: 0 is not between 1 and 1024
          serve --to http://127.0.0.1 --resolver dns | --resolver: 'dns' is not ADDRESS[:PORT]
          serve --to http://127.0.0.1 --trusted-proxy 10/8 | --trusted-proxy: '10/8' is not a range
          serve --to http://127.0.0.1 --insecure-origin | --insecure-origin: the origin is not https
          serve --to https://127.0.0.1 --tls-provider x | --tls-provider: 'x' is not one of auto
          serve --to http://127.0.0.1 --access-log-format x | 'x' is not one of common, combined, json
          demo --rate 0 | --rate: 0 is not between 1 and 2g
          doctor | weir doctor: give the PID of a process, or --self URL
          doctor abc | 'abc' is not a PID, a number such as 4711
          doctor 0 | PID 0 is not between 1 and 4194304
          doctor 1.5 | '1.5' is not a PID
          doctor -1 | unknown option -1
          doctor 99999999999999999999 | '99999999999999999999' is not a PID
          doctor 1 2 | '1' and '2': give one PID
          doctor 1 --watch | --watch needs a value: TIME
          doctor 1 --watch soon | --watch: "soon" is not a time
          doctor 1 --watch 10ms | --watch: 10ms is not between 1s and 24 days
          doctor 1 --interval 1ms | --interval: 1ms is not between 100ms and 24 days
          doctor 1 --wach 3s | unknown option --wach; is it --watch?
          doctor 1 --json=yes | --json takes no value
          doctor 1 --self http://127.0.0.1:3002 | PID and --self exclude each other
          doctor --self nonsense | --self: 'nonsense' is not a URL such as http://127.0.0.1:3002
          doctor --self http://a:65536 | --self: 'http://a:65536' is not a URL such as
          demo --listen 10.1.2.3:3001 | --listen: the demo's readers come to 127.0.0.1
          """)
  void run_wrongUsage_exitsWith2AndSaysWhatWouldBeRight(String line, String message)
      throws InterruptedException {
    assertWrongUsage(line, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          serve --forward --to http://a | --to is not for --forward, where clients name the origin
          serve --forward --send-proxy v1 | --send-proxy is not for --forward
          serve --to http://127.0.0.1 --allow a | --allow is for --forward
          serve --to http://127.0.0.1 --users f | --users is for --forward
          serve --forward --allow http://a | --allow: 'http://a' is not a rule; expected HOST
          serve --forward --allow a --deny 127.1 | --deny: '127.1' is not a rule; expected HOST
          serve --forward --user-connections 3 | --user-connections needs --users
          serve --forward --listen 0.0.0.0:3001 | --forward: 0.0.0.0:3001 is beyond loopback
          serve --forward --tls-cert a --tls-key b --plain-listen 0.0.0.0:3001 | --forward: 0.0.0.0:3001 is beyond loopback
          serve --to http://127.0.0.1 --proxy-protocol x | --proxy-protocol: 'x' is not a range
          serve --to http://127.0.0.1 --send-proxy v3 | --send-proxy: 'v3' is not one of v1, v2
          """)
  void run_wrongForwardProxy_exitsWith2AndSaysWhatWouldBeRight(String line, String message)
      throws InterruptedException {
    assertWrongUsage(line, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          serve --tcp 5433 | --tcp: '5433' is not [HOST:]PORT=HOST:PORT
          serve --tcp 5433= | --tcp: '5433=' is not [HOST:]PORT=HOST:PORT
          serve --tcp 5433=db | --tcp: 'db' is not HOST:PORT, such as db.example:5432
          serve --tcp 5433=db: | --tcp: 'db:' is not HOST:PORT
          serve --tcp 5433=db:0 | --tcp: 'db:0' is not HOST:PORT
          serve --tcp 5433=db:70000 | --tcp: 'db:70000' is not HOST:PORT
          serve --tcp 5433=http://db:80 | --tcp: 'http://db:80' is not HOST:PORT
          serve --tcp 5433=2001:db8::7:80 | --tcp: '2001:db8::7:80' is not HOST:PORT
          serve --tcp x=db:80 | --tcp: 'x' is not [HOST:]PORT
          serve --sni 8443 | --sni: give a --sni-route NAME=HOST:PORT, too
          serve --sni-route a=b:443 | weir serve: give --to URL
          serve --to http://127.0.0.1 --sni-route a=b:443 | --sni-route is for --sni [HOST:]PORT
          serve --sni 8443 --sni-route a..b=c:443 | --sni-route: 'a..b' is no server name
          serve --sni 8443 --sni-route a=c:443 --sni-route a=d:443 | 'a' has two targets
          serve --tcp 5433=db:5432 --listen 3001 | --listen is where requests come in: give --to
          serve --to http://127.0.0.1 --no-socks | --no-socks is for --forward
          """)
  void run_wrongTunnel_exitsWith2AndSaysWhatWouldBeRight(String line, String message)
      throws InterruptedException {
    assertWrongUsage(line, message);
  }

  private void assertWrongUsage(String line, String message) throws InterruptedException {
    int code = run(line);

    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message).doesNotContain("\tat ");
    assertThat(code).isEqualTo(Weir.WRONG_USAGE);
    assertThat(out.size()).isZero();
  }

  @Test
  void run_noCommand_showsUsageAndExitsWith2() throws InterruptedException {
    assertThat(run("")).isEqualTo(Weir.WRONG_USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("Usage: weir COMMAND");
  }

  @ParameterizedTest
  @CsvSource({
    "help",
    "--help",
    "--version",
    "help serve",
    "serve --help",
    "help demo",
    "demo -h",
    "doctor --help",
    "help doctor"
  })
  void run_help_goesToStandardOutput(String line) throws InterruptedException {
    assertThat(run(line)).isEqualTo(Weir.DONE);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("weir");
    assertThat(err.size()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --to https://127.0.0.1:1/ --origin-ca /nowhere/ca.pem | --origin-ca: cannot read
          --forward --users /nowhere/u | --users: there is no file /nowhere/u
          --to http://a --admin-token /nowhere/t | cannot read /nowhere/t: there is no such file
          --to http://a --admin-token / | --admin-token: cannot read /: Is a directory
          --to http://a --admin-token /dev/zero | /dev/zero is too long for a token
          """)
  void serve_fileThatCannotBeRead_exitsWith1(String options, String message)
      throws InterruptedException {
    int code = run("serve --memory 2g " + options);

    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
    assertThat(code).isEqualTo(Weir.FAILED);
  }

  private static RelaySettings relay(ServeSettings settings) {
    return Objects.requireNonNull(settings.relay());
  }

  @Test
  void settings_onlyTo_haveTheStatedDefaults() throws Exception {
    ServeSettings settings = settings("--to http://127.0.0.1:8080/base/");

    assertThat(settings.listen())
        .singleElement()
        .hasToString("ListenAddress[text=127.0.0.1:3001, sockets=[/127.0.0.1:3001]]");
    assertThat(Objects.requireNonNull(settings.admin()).text()).isEqualTo("127.0.0.1:3002");
    assertThat(settings.drainMillis()).isEqualTo(30_000);
    assertThat(settings.accessLog()).isNull();
    assertThat(settings.server().timeouts()).isEqualTo(Timeouts.DEFAULT);
    assertThat(settings.server().headLimits()).isEqualTo(HeadLimits.DEFAULT);
    assertThat(relay(settings).bodyBytesMax()).isEqualTo(-1);
    assertThat(relay(settings).readOnly()).isFalse();
    assertThat(relay(settings).upstream().basePath()).asString().isEqualTo("/base");
    assertThat(relay(settings).upstream().authority()).asString().isEqualTo("127.0.0.1:8080");
    assertThat(relay(settings).upstream().fixedTarget()).isNull();
    assertThat(relay(settings).originSettings().connectTimeoutMillis()).isEqualTo(5_000);
    assertThat(relay(settings).originSettings().idleTimeoutMillis()).isEqualTo(30_000);
    assertThat(relay(settings).originSettings().idleConnectionsMax()).isEqualTo(64);
  }

  @Test
  void settings_forward_haveTheStatedDefaults() throws Exception {
    ServeSettings settings =
        settings("--forward --listen 0.0.0.0:0 --open --proxy-protocol 10.0.0.1");

    ForwardSettings forward = Objects.requireNonNull(settings.forward());
    assertThat(settings.relay()).isNull();
    assertThat(forward.users()).isNull();
    assertThat(forward.via()).isTrue();
    assertThat(forward.forwarded()).isFalse();
    assertThat(forward.bodyBytesMax()).isEqualTo(-1);
    assertThat(settings.proxies()).isNotSameAs(TrustedProxies.NONE);
    assertThat(settings.origin()).isEqualTo("to where clients ask, all public places");
  }

  @Test
  void settings_resource_fixTheTargetAndReadOnly() throws Exception {
    ServeSettings settings =
        settings(
            "--resource http://127.0.0.1/a/?b=c --no-admin --listen 0 --listen [::1]:0"
                + " --max-body 1m --no-native --no-splice --no-via --forwarded --resolver [::1]:5353");

    assertThat(relay(settings).upstream().fixedTarget()).asString().isEqualTo("/a/?b=c");
    assertThat(relay(settings).readOnly()).isTrue();
    assertThat(settings.admin()).isNull();
    assertThat(settings.listen()).hasSize(2);
    assertThat(relay(settings).bodyBytesMax()).isEqualTo(1 << 20);
    assertThat(settings.server().allowRaw()).isFalse();
    assertThat(settings.server().allowSplice()).isFalse();
    assertThat(settings.server().via()).isFalse();
    assertThat(relay(settings).upstream().forwarded()).isTrue();
    assertThat(relay(settings).originSettings().nameServer()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          serve --to http://127.0.0.1 --memory much | --memory: "much" is not a size such as
          serve --to http://127.0.0.1 --memory 0 | --memory: 0 is not between 1 and 1024t
          serve --to http://127.0.0.1 --memory 20m | --memory: 20.0 MiB is too little for 16
          serve --to http://127.0.0.1 --max-connections 0 | --max-connections: 0 is not between
          serve --explain-memory --memory 20m | --memory: 20.0 MiB is too little for 16
          """)
  void memory_wrong_exitsWith2AndSaysWhatWouldBeRight(String line, String message)
      throws InterruptedException {
    assertThat(run(line)).isEqualTo(Weir.WRONG_USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void memory_ofServe_becomesTheListenersSettings() throws Exception {
    ServeSettings settings =
        settings("--to http://127.0.0.1 --no-admin --memory 200m --max-connections 100");

    assertThat(settings.plan().memoryBytes()).isEqualTo(200 << 20);
    assertThat(settings.server().memory().connectionsMax()).isEqualTo(100);
    assertThat(settings.server().memory()).isEqualTo(settings.plan().settings());
    assertThat(settings.server().memory().budgetBytes()).isBetween(90L << 20, 120L << 20);
  }

  @Test
  void memory_https_costsAConnectionMore() throws Exception {
    long plain = settings("--to http://127.0.0.1").plan().needs().cost().leaseBytes();

    assertThat(settings("--to HTTPS://127.0.0.1").plan().needs().cost().leaseBytes())
        .isGreaterThan(plain);
  }

  @Test
  void memory_demoWithMoreReadersThanFit_isRefusedBeforeAnythingStarts() {
    assertThatThrownBy(
            () ->
                DemoOptions.check(
                    DemoOptions.all().read("demo", "--readers", "5000", "--memory=200m"), SYSTEM))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("200.0 MiB is too little for 5,010 connections");
  }

  @Test
  void memory_demoAsItIs_fitsTheDefault() throws Exception {
    Given given = DemoOptions.all().read("demo");

    assertThat(DemoOptions.relay(given, "http://127.0.0.1/", SYSTEM).plan().connectionsMax())
        .isGreaterThan(1010);
  }

  @Test
  void explainMemory_withoutAnOrigin_showsTheTerms() throws Exception {
    Given given = ServeOptions.all().read("serve", "--explain-memory", "--memory=160m");

    assertThat(ServeOptions.explainMemory(given, SYSTEM))
        .contains("memory                        160.0 MiB  --memory\n")
        .contains("= budget ");
  }

  /** The document is what the help says. If this fails, put the actual text into the file. */
  @Test
  void options_inTheDocument_areThoseOfTheHelp() throws IOException {
    Path file = Path.of(Objects.requireNonNull(System.getProperty("weir.root")), "docs/options.md");

    assertThat(Files.readString(file)).isEqualTo(document());
  }

  private static String document() {
    StringBuilder text = new StringBuilder("# Options\n\nWhat `weir help COMMAND` prints.\n");
    for (Options options :
        List.of(
            ServeOptions.all(),
            DemoOptions.all(),
            DoctorOptions.all(),
            TopOptions.all(),
            CertOptions.all())) {
      text.append("\n## weir ").append(options.name()).append("\n\n```text\n");
      text.append(options.usage()).append("```\n");
    }
    return text.toString();
  }
}

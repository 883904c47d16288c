package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.Readers;
import io.weir.scenarios.Doctor.Report;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Weir's own memory under load: its ledger adds up to what its cgroup is charged. */
class WeirLedgerTest {
  private static final long SEED = 33;
  private static final int READERS = Program.LONG ? 1_000 : 200;
  private static final int RATE_BYTES = 20 * 1024;
  private static final int RECEIVE_BUFFER_BYTES = 64 * 1024;

  /** Of the charge that the cgroup says. */
  private static final double UNACCOUNTED_MAX = 0.03;

  /** The charge moves while it is read: from outside, before and after the program itself does. */
  private static final double MOVES_MAX = 0.05;

  /** And between what is read of it: one look of so many must be right. */
  private static final int LOOKS_MAX = 5;

  /** Who asks for /memory again within a second gets the same once more. */
  private static final long PAUSE_MILLIS = 1_100;

  private static final Pattern PORTS =
      Pattern.compile("weir: listening on \\S+?:(\\d+), .*; admin on http://\\S+:(\\d+)/");

  /** Weir by its launcher, in a cgroup of its own. */
  private static final class Served implements AutoCloseable {
    private final Process process;
    private final Program.Output err;
    private final int port;
    private final int adminPort;

    Served(ChargeGroup group, int originPort) throws Exception {
      List<String> command = new ArrayList<>();
      command.add(Path.of(property("weir.root"), "weir").toString());
      command.addAll(List.of("serve", "--quiet", "--resource"));
      command.add("http://127.0.0.1:" + originPort + "/disk.img");
      command.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"));
      command.addAll(List.of("--drain", "0s"));
      ProcessBuilder builder = new ProcessBuilder(group.inside(command));
      builder.environment().put("JAVA_HOME", property("java.home"));
      builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
      process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      err = new Program.Output(process.getErrorStream());
      try {
        Matcher ports = PORTS.matcher(err.await(line -> line.startsWith("weir: listening on ")));
        assertThat(ports.matches()).isTrue();
        port = Integer.parseInt(ports.group(1));
        adminPort = Integer.parseInt(ports.group(2));
      } catch (InterruptedException | RuntimeException | AssertionError e) {
        close();
        throw e;
      }
    }

    private static String property(String name) {
      return Objects.requireNonNull(System.getProperty(name), name);
    }

    Map<String, Object> memory() throws IOException {
      try (RawClient client = RawClient.connect(adminPort)) {
        client.write("GET /memory HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        byte[] body = client.readBody(head);
        return Json.parse(new String(body, StandardCharsets.UTF_8));
      }
    }

    String said() {
      return String.join("\n", err.lines());
    }

    @Override
    public void close() {
      try {
        process.destroy();
        process.waitFor(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void ledger_underLoad_addsUpToTheCharge() throws Exception {
    try (ChargeGroup group = ChargeGroup.make();
        Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
        Served weir = new Served(group, origin.port());
        Readers readers = Readers.start(plan(weir))) {
      awaitLoad(readers);
      checkLedger(group, weir::memory);
      checkLedger(group, () -> examined(weir));
      checkLedger(group, weir::memory);
      Readers.Summary summary = readers.stop();
      assertThat(summary.progress().failed()).as("%s\n%s", summary, weir.said()).isZero();
    }
  }

  private static Readers.Plan plan(Served weir) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), weir.port);
    return new Readers.Plan(address, "/", READERS, RATE_BYTES, RECEIVE_BUFFER_BYTES, SEED);
  }

  /** Each reader has read for two seconds or so. */
  private static void awaitLoad(Readers readers) throws Exception {
    long enough = 2L * READERS * RATE_BYTES;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.WAIT_SECONDS_MAX);
    while (readers.progress().bytes() < enough) {
      assertThat(System.nanoTime() - deadline).as("never under load").isNegative();
      assertThat(readers.progress().failed()).isZero();
      Thread.sleep(20);
    }
  }

  private static Map<String, Object> examined(Served weir) throws Exception {
    Report report = Doctor.examine(weir.process.pid());
    assertThat(report.verdict()).as(report.toString()).isIn("HEALTHY", "KERNEL");
    assertThat(report.row("kernel sockets")).isPositive();
    return report.json();
  }

  private static void checkLedger(ChargeGroup group, Callable<Map<String, Object>> look)
      throws Exception {
    for (int looks = 1; ; looks++) {
      long before = group.chargeBytes();
      Map<String, Object> said = look.call();
      long after = group.chargeBytes();
      Report.checkLedger(Json.objects(said, "ledger"), Json.number(said, "charge_bytes"));
      try {
        checkCharge(said, Math.min(before, after), Math.max(before, after));
        return;
      } catch (AssertionError e) {
        if (looks == LOOKS_MAX) {
          throw e;
        }
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  private static void checkCharge(Map<String, Object> said, long least, long most)
      throws IOException {
    assertThat((double) Json.number(said, "charge_bytes"))
        .as("the charge by the cgroup is %s to %s; %s", least, most, said)
        .isBetween(least * (1 - MOVES_MAX), most * (1 + MOVES_MAX));
    assertThat((double) Math.abs(Report.row(Json.objects(said, "ledger"), "unaccounted")))
        .as("the charge by the cgroup is %s to %s; %s", least, most, said)
        .isLessThan(most * UNACCOUNTED_MAX);
  }

  @Test
  void self_ofAServedWeir_isItsLedger() throws Exception {
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
        Program weir = Program.serve("--to", "http://127.0.0.1:" + origin.port())) {
      String url = "http://127.0.0.1:" + weir.adminPort();
      Program.Outcome text = Doctor.run("--self", url);
      assertThat(text.exitCode()).as("%s", text).isZero();
      assertThat(text.out()).anyMatch(line -> line.contains("unaccounted"));
      Map<String, Object> page = Json.parse(weir.admin("/memory").text());
      Report.checkLedger(Json.objects(page, "ledger"), Json.number(page, "charge_bytes"));
    }
  }

  @Test
  void self_whereNothingListens_isAClearError() throws Exception {
    Program.Outcome outcome = Doctor.run("--self", "http://127.0.0.1:1");
    assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
    assertThat(outcome.err()).singleElement().asString().contains("127.0.0.1:1");
  }
}

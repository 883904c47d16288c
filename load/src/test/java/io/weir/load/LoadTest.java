package io.weir.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) throws Exception {
    InputStream none = new ByteArrayInputStream(new byte[0]);
    PrintStream printed = new PrintStream(out, true, US_ASCII);
    return Load.run(List.of(args), none, printed, new PrintStream(err, true, US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "65536, 65536",
    "64k, 65536",
    "256M, 268435456",
    "1g, 1073741824",
    "1t, 1099511627776"
  })
  void bytes_rightText_isBytes(String text, long bytes) {
    assertThat(Quantity.bytes(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"500ms, 500", "30s, 30000", "5m, 300000", "1h, 3600000"})
  void millis_rightText_isMillis(String text, long millis) {
    assertThat(Quantity.millis(text)).isEqualTo(millis);
  }

  @Test
  void quantity_wrongText_saysWhatWouldBeRight() {
    for (String text : new String[] {"", "k", "-1", "1kb", "1 k", "1.5m"}) {
      assertThatThrownBy(() -> Quantity.bytes(text))
          .hasMessage("\"" + text + "\" is not a size such as 65536, 64k, 256m or 1g");
    }
    assertThatThrownBy(() -> Quantity.millis("30")).hasMessageContaining("is not a time such as");
    assertThatThrownBy(() -> Quantity.bytes("9999999999g")).hasMessageContaining("too large");
    assertThatThrownBy(() -> Quantity.count("1k")).hasMessageContaining("not a whole number");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fly                                     | \"fly\" is no command",
        "readers                                 | the URL is missing",
        "readers http://h:1/ --count x           | --count \"x\" is not a whole number",
        "readers http://h:1/ --count 0           | --count 0 is not in 1 to",
        "readers http://h:1/ --rate              | --rate needs a value",
        "readers http://h:1/ --speed 1           | --speed is no option",
        "readers http://h:x/                     | URL \"h:x\" is not HOST:PORT",
        "readers ftp://h/                        | URL \"ftp://h/\" is not like http://",
        "origin here                             | \"here\" is one word too many",
        "origin --listen 8080                    | --listen \"8080\" is not HOST:PORT",
        "demo --rate 20q                         | --rate \"20q\" is not a size"
      })
  void run_wrongUsage_namesTheOption(String line, String message) throws Exception {
    assertThat(run(line.trim().split(" "))).isEqualTo(2);
    assertThat(err.toString(US_ASCII)).startsWith(message).contains("usage:");
  }

  @Test
  void readers_wholeBodies_exitZeroElseOne() throws Exception {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Origin origin = Origin.start(free, Load.SEED)) {
      String url = "http://127.0.0.1:" + origin.port() + "/bytes/100k";
      assertThat(run("readers", url, "--count", "20")).isZero();
      assertThat(out.toString(US_ASCII))
          .startsWith("readers=20 ok=20 failed=0 open=0 bytes=2048000 seconds=");
      assertThat(run("readers", url, "--count", "2", "--seed", "5")).isEqualTo(1);
      assertThat(out.toString(US_ASCII)).contains("reason=\"2 x wrong byte\"");
    }
  }

  @Test
  void demo_inputCloses_processEndsWithSummary() throws Exception {
    Process demo = startDemo();
    try {
      BufferedReader lines = demo.inputReader(US_ASCII);
      String first = lines.readLine();
      assertThat(first).matches("origin \\d+");
      Writer commands = demo.outputWriter(US_ASCII);
      commands.write("fly\n");
      commands.flush();
      assertThat(lines.readLine()).startsWith("error \"fly\" is neither relay PORT");
      commands.write("relay " + first.substring("origin ".length()) + " /disk.img\n");
      commands.flush();
      assertThat(lines.readLine())
          .matches("readers=21 ok=0 failed=0 bytes=\\d+ fast_bytes=[1-9]\\d+");
      commands.close();
      String line = lines.readLine();
      while (line != null && line.startsWith("readers=")) {
        line = lines.readLine();
      }
      assertThat(line).startsWith("summary slow=20 ok=0 failed=0 open=20");
      assertThat(lines.readLine()).startsWith("summary fast=1 ok=0 failed=0 open=1");
      assertThat(lines.readLine()).isNull();
      assertThat(demo.waitFor()).isZero();
    } finally {
      demo.destroyForcibly().waitFor();
    }
  }

  private static Process startDemo() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes =
        Path.of(Load.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    List<String> command =
        List.of(
            java,
            "-Xmx16m",
            "-cp",
            classes,
            "io.weir.load.Load",
            "demo",
            "--readers",
            "20",
            "--fast",
            "1",
            "--rate",
            "20k");
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}

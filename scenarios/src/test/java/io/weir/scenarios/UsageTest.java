package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong usage: exit code 2 and one message that names the thing and what would be right. */
class UsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          serv | 'serv' is not a command; there are serve
          serve | give --to URL
          serve --to | --to
          serve --to http://a/ --resource http://a/ | --to and --resource exclude each other
          serve --to ftp://a/ | --to: 'ftp://a/'
          serve --to 127.0.0.1:80 | --to: '127.0.0.1:80'
          serve --to http:/a | --to: 'http:/a'
          serve --to http:// | --to: 'http://'
          serve --to http://a:0/ | --to: 'http://a:0/'
          serve --to http://a:99999/ | --to: 'http://a:99999/'
          serve --to http://a:b/ | --to: 'http://a:b/'
          serve --to http://u:p@a/ | --to: 'http://u:p@a/'
          serve --to http://a/#f | --to: 'http://a/#f'
          serve --to http://[::1/ | --to: 'http://[::1/'
          serve --resource http://a:-1/ | --resource: 'http://a:-1/'
          serve --to http://127.0.0.1/a?b | has a query
          serve --to http://127.0.0.1 --lisen 3001 | unknown option --lisen; is it --listen?
          serve --to http://127.0.0.1 -x | unknown option -x
          serve --to http://127.0.0.1 stray | 'stray' belongs to no option
          serve --to http://127.0.0.1 --quiet=3 | --quiet
          serve --to http://127.0.0.1 --listen | --listen
          serve --to http://127.0.0.1 --listen foo | --listen: 'foo' is not [HOST:]PORT
          serve --to http://127.0.0.1 --listen 70000 | --listen: '70000' is not [HOST:]PORT
          serve --to http://127.0.0.1 --admin -1 | --admin
          serve --to http://127.0.0.1 --idle-timeout 5x | --idle-timeout: "5x" is not a time
          serve --to http://127.0.0.1 --idle-timeout -5s | --idle-timeout: "-5s" is not a time
          serve --to http://127.0.0.1 --header-timeout 0s | --header-timeout: 0s is not between 1ms
          serve --to http://127.0.0.1 --drain 900h | --drain: 900h is not between 0 and 24 days
          serve --to http://127.0.0.1 --max-head 65k | --max-head: 65k is not between 1 and 64k
          serve --to http://127.0.0.1 --max-body 1x | --max-body: "1x" is not a size
          serve --to http://127.0.0.1 --max-body 99999999999g | --max-body: "99999999999g"
          serve --to http://127.0.0.1 --max-fields many | --max-fields: "many" is not
          serve --to http://127.0.0.1 --threads 0 | --threads: 0 is not between 1 and 1024
          serve --to http://127.0.0.1 --resolver dns | --resolver: 'dns' is not ADDRESS[:PORT]
          serve --to http://127.0.0.1 --trusted-proxy 10/8 | --trusted-proxy: '10/8' is not a range
          serve --to http://127.0.0.1 --insecure-origin | --insecure-origin: the origin is not https
          serve --to https://127.0.0.1 --tls-provider x | --tls-provider: 'x' is not one of auto
          serve --to http://127.0.0.1 --access-log-format x | 'x' is not one of common
          serve --to http://127.0.0.1 --memory 64m | --memory: 64.0 MiB is too little for 16
          serve --to http://127.0.0.1 --memory 1g --max-connections 999999 | --max-connections: 999,999
          serve --explain-memory --memory 1x | --memory: "1x" is not a size
          demo --memory 64m | --memory: 64.0 MiB is too little
          demo --readers -1 | --readers
          demo --seconds soon | --seconds: "soon" is not
          demo --rate 0 | --rate: 0 is not between 1 and 2g
          """)
  void weir_wrongUsage_exitsWith2AndSaysWhatWouldBeRight(String words, String message)
      throws Exception {
    Program.Outcome run = Program.run(words.split(" ", -1));
    assertThat(run.err().getFirst()).startsWith("weir").contains(message);
    assertThat(run.err()).hasSize(2);
    assertThat(run.err().getLast()).startsWith("Try 'weir ");
    assertThat(run.out()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void weir_noCommand_showsUsageOnStandardErrorAndExitsWith2() throws Exception {
    Program.Outcome run = Program.run();
    assertThat(run.err().getFirst()).isEqualTo("Usage: weir COMMAND [OPTION...]");
    assertThat(run.out()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void explainMemory_always_showsTheTermsAndExitsWith0() throws Exception {
    Program.Outcome run = Program.run("serve", "--explain-memory", "--memory", "160m");
    assertThat(run.out().getFirst()).isEqualTo("memory                        160.0 MiB  --memory");
    assertThat(run.out()).anyMatch(line -> line.startsWith("= budget "));
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }

  @Test
  void help_goesToStandardOutput_andExitsWith0() throws Exception {
    Program.Outcome run = Program.run("serve", "--help");
    assertThat(run.out().getFirst()).startsWith("Usage: weir serve");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"--listen, --admin", "--admin, --listen"})
  void serve_portTaken_exitsWith1AndNamesIt(String taken, String free) throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + other.getLocalPort();
      Program.Outcome run =
          Program.run("serve", "--to", "http://127.0.0.1:1", taken, address, free, "127.0.0.1:0");
      assertThat(run.err()).singleElement().asString().contains("cannot listen on " + address);
      assertThat(run.err().getFirst()).endsWith("in use");
      assertThat(run.out()).isEmpty();
      assertThat(run.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void serve_logFileNotWritable_exitsWith1AndNamesIt() throws Exception {
    Program.Outcome run =
        Program.run(
            "serve",
            "--to",
            "http://127.0.0.1:1",
            "--listen",
            "0",
            "--admin",
            "0",
            "--access-log",
            "/nowhere/access.log");
    assertThat(run.err()).singleElement().asString().contains("/nowhere/access.log");
    assertThat(run.out()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(1);
  }
}

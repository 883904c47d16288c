package io.weir.cli;

import io.weir.certificate.CertCommand;
import io.weir.demo.Demo;
import io.weir.demo.DemoSettings;
import io.weir.doctor.DoctorCommand;
import io.weir.doctor.DoctorSettings;
import io.weir.doctor.LookSource;
import io.weir.doctor.ObservedProcess;
import io.weir.server.ConsoleLog;
import io.weir.server.ServeCommand;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import io.weir.server.SystemLimits;
import io.weir.top.TopCommand;
import java.io.PrintStream;
import java.util.List;

/** The program's main class: finds the command, reads its options, runs it. */
public final class Weir {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private static final List<String> COMMANDS =
      List.of("serve", "demo", "doctor", "top", "cert", "bench", "lab", "help");

  private static final String USAGE =
      """
      Usage: weir COMMAND [OPTION...]

        serve   relay HTTP/1.1 to an origin
        demo    see it work: an origin, the relay and slow readers, all here
        doctor  tell a leak from buffering from memory that malloc keeps, for any process
        top     watch a Weir that serves, in this terminal
        cert    make a certificate for trying TLS
        bench   compare with other proxies that are installed here
        lab     experiments: where memory goes that was freed, and what RSS does not show
        help    show this text, or with a command its options

      weir COMMAND --help shows a command's options, weir --version the version.
      """;

  /** The launcher runs the bench itself; who comes here asked another way. */
  private static final String BENCH =
      "weir bench is not part of the program: in a checkout, run './weir bench --help'.\n";

  /** As {@link #BENCH}. */
  private static final String LAB =
      "weir lab is not part of the program: in a checkout, run './weir lab --help'.\n";

  private final PrintStream out;
  private final PrintStream err;
  private final LookSource.Opener opener;

  Weir(PrintStream out, PrintStream err) {
    this(out, err, ObservedProcess::open);
  }

  /** With what looks at processes. */
  Weir(PrintStream out, PrintStream err, LookSource.Opener opener) {
    this.out = out;
    this.err = err;
    this.opener = opener;
  }

  /** Runs one command and exits: 0 done, 1 failed, 2 wrong usage. */
  public static void main(String[] args) throws InterruptedException {
    System.exit(new Weir(System.out, System.err).run(args));
  }

  /** Runs one command and returns the exit code. */
  int run(String... args) throws InterruptedException {
    String command = args.length == 0 ? "" : args[0];
    try {
      return switch (command) {
        case "serve" -> serve(args);
        case "demo" -> demo(args);
        case "doctor" -> doctor(args);
        case "top" -> top(args);
        case "cert" -> cert(args);
        case "train" -> Train.run();
        case "bench" -> wrongUsage(BENCH);
        case "lab" -> wrongUsage(LAB);
        case "help" -> help(args);
        case "-h", "--help" -> show(USAGE);
        case "-V", "--version" -> show("weir " + version() + "\n");
        case "" -> wrongUsage(USAGE);
        default -> wrongUsage(unknown(command));
      };
    } catch (UsageException e) {
      return wrongUsage(
          "weir " + command + ": " + e.getMessage() + "\nTry 'weir " + command + " --help'.\n");
    } catch (StartException e) {
      err.println("weir: " + e.getMessage());
      return FAILED;
    }
  }

  private int serve(String... args) throws UsageException, StartException, InterruptedException {
    if (wantsHelp(args)) {
      return show(ServeOptions.all().usage());
    }
    Given given = ServeOptions.all().read(args);
    SystemLimits system = SystemLimits.here();
    if (given.has("--explain-memory")) {
      return show(ServeOptions.explainMemory(given, system));
    }
    ConsoleLog.install(err);
    ServeSettings settings = ServeOptions.read(given, system);
    ServeCommand.run(settings, given.has("--quiet"), out, err);
    return DONE;
  }

  private int demo(String... args) throws UsageException, StartException, InterruptedException {
    if (wantsHelp(args)) {
      return show(DemoOptions.all().usage());
    }
    Given given = DemoOptions.all().read(args);
    ConsoleLog.install(err);
    DemoSettings settings = DemoOptions.read(given);
    SystemLimits system = SystemLimits.here();
    DemoOptions.check(given, system);
    return Demo.run(settings, url -> DemoOptions.relay(given, url, system), out, err);
  }

  private int doctor(String... args) throws UsageException, StartException, InterruptedException {
    if (wantsHelp(args)) {
      return show(DoctorOptions.all().usage());
    }
    DoctorSettings settings = DoctorOptions.read(DoctorOptions.all().read(args));
    return DoctorCommand.run(settings, opener, out, err);
  }

  private int top(String... args) throws UsageException, StartException, InterruptedException {
    if (wantsHelp(args)) {
      return show(TopOptions.all().usage());
    }
    TopCommand.run(TopOptions.read(TopOptions.all().read(args)), out);
    return DONE;
  }

  private int cert(String... args) throws UsageException, StartException, InterruptedException {
    if (wantsHelp(args)) {
      return show(CertOptions.all().usage());
    }
    CertCommand.run(CertOptions.read(CertOptions.all().read(args)), out);
    return DONE;
  }

  private int help(String... args) throws UsageException {
    if (args.length < 2) {
      return show(USAGE);
    }
    return switch (args[1]) {
      case "serve" -> show(ServeOptions.all().usage());
      case "demo" -> show(DemoOptions.all().usage());
      case "doctor" -> show(DoctorOptions.all().usage());
      case "top" -> show(TopOptions.all().usage());
      case "cert" -> show(CertOptions.all().usage());
      case "bench" -> show(BENCH);
      case "lab" -> show(LAB);
      default -> wrongUsage(unknown(args[1]));
    };
  }

  private static boolean wantsHelp(String... args) {
    for (String word : args) {
      if (word.equals("--help") || word.equals("-h")) {
        return true;
      }
    }
    return false;
  }

  private static String unknown(String command) {
    return "weir: '"
        + command
        + "' is not a command; there are "
        + String.join(", ", COMMANDS)
        + "\nTry 'weir help'.\n";
  }

  private static String version() {
    String version = Weir.class.getPackage().getImplementationVersion();
    return version == null ? "of an unpacked build" : version;
  }

  private int show(String text) {
    out.print(text);
    out.flush();
    return DONE;
  }

  private int wrongUsage(String text) {
    err.print(text);
    return WRONG_USAGE;
  }
}

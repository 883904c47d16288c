package io.weir.memory.doctor;

import static io.weir.memory.doctor.Patient.MB;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is said to be the next command must be one: somebody will paste it at night. */
class NextCommandsTest {
  private static final Set<String> PROGRAMS =
      Set.of(
          "weir",
          "jcmd",
          "ss",
          "sysctl",
          "cat",
          "ls",
          "grep",
          "kill",
          "heaptrack",
          "memray",
          "asprof",
          "memleak-bpfcc",
          "dotnet-gcdump");

  private static void assertCanBePasted(List<String> next) {
    for (String line : next) {
      String command = line.split(Finding.REMARK, 2)[0];
      if (PROGRAMS.contains(command.split(" ", 2)[0])) {
        assertThat(command).doesNotContain(" (").doesNotContain(", ").doesNotContain(" for ");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void advice_thatIsACommand_canBePasted(RuntimeKind runtime) {
    assertCanBePasted(Advice.findAllocations(runtime, 4711));
    assertCanBePasted(
        List.of(
            Advice.collect(runtime, 4711),
            Advice.trimNow(runtime, 4711),
            Advice.backPressure(runtime)));
  }

  /** SIGUSR2 ends a Node that was started without an option: its present PID must not be named. */
  @Test
  void advice_forNode_doesNotKillIt() {
    assertThat(Advice.findAllocations(RuntimeKind.NODE, 4711))
        .noneMatch(line -> line.contains("USR2 4711"));
  }

  @Test
  void findings_nextCommands_canBePasted() {
    Patient stalled = new Patient();
    stalled.liveBytes = 600 * MB;
    stalled.sockets = Patient.stalled(3);
    stalled.socketBytes = 300 * MB;
    stalled.hugeBytes = 500 * MB;
    stalled.stackBytes = 400 * MB;
    stalled.mappedBytes = 900 * MB;
    List<String> next = new ArrayList<>();
    for (Finding finding : stalled.look(0).judge().findings()) {
      next.addAll(finding.next());
    }
    Patient leaking = new Patient();
    for (int i = 0; i < 20; i++) {
      leaking.liveBytes += 5 * MB;
      leaking.look(1);
    }
    next.addAll(leaking.judge().findings().getFirst().next());

    assertThat(next).anyMatch(line -> line.startsWith("ss ")).anyMatch(l -> l.startsWith("heap"));
    assertCanBePasted(next);
  }

  @Test
  void report_longCommand_staysOnItsLineAndTheRemarkIsOne() {
    Patient patient = new Patient();
    patient.liveBytes = 600 * MB;
    patient.sockets = Patient.stalled(3);
    patient.socketBytes = 300 * MB;

    assertThat(TextReport.of(patient.look(0).judge(), false, 60))
        .contains("  next: ss -tmnp | grep -A1 pid=4711,\n    # Send-Q is what waits\n")
        .contains("  next: sysctl net.ipv4.tcp_wmem net.ipv4.tcp_rmem\n    # the last number is");
  }
}

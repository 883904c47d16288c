package io.weir.memory.doctor;

import static io.weir.memory.doctor.Patient.MB;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextReportTest {
  private static Patient stalled() {
    Patient patient = Patient.node();
    patient.liveBytes = 626_700_000;
    patient.keptBytes = 26_800_000;
    patient.trimmableBytes = 18_100_000;
    patient.sockets = Patient.stalled(3);
    return patient;
  }

  @Test
  void report_oneLook_beginsWithTheAnswerAndTheNumbers() {
    String report = TextReport.of(stalled().look(0).judge(), false, 80);

    assertThat(report)
        .startsWith(
            """
            BUFFERING  up to 626.7 MB wait in node (PID 4711) for 3 readers that do not read

              RSS                 669.5 MB
              PSS                 669.5 MB   shared pages divided
              charge              669.5 MB   computed
              live                626.7 MB   malloc, handed out
              kept                 26.8 MB   malloc, freed and resident
              trimmable            18.1 MB   of kept, what malloc_trim gives back
              kernel                  0 MB   sockets, pipes, page tables, objects
            """)
        .contains("  malloc live         626.7 MB  94 %  ###")
        .contains("unaccounted")
        .endsWith("1 look; the last one took 46 ms and read 2.0 MB\n");
    assertThat(report.lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void report_ofAWatch_showsGrowthOfEachRow() {
    Patient patient = new Patient();
    for (int i = 0; i < 16; i++) {
      patient.look(1);
      patient.liveBytes += 2 * MB;
    }
    String report = TextReport.of(patient.judge(), false, 100);

    assertThat(report.lines())
        .anyMatch(line -> line.startsWith("  malloc live") && line.contains("+30.0 MB  __...---"));
    assertThat(report).contains("16 looks in 15 s");
  }

  @Test
  void report_forATerminal_hasColoursAndBlocks() {
    String report = TextReport.of(stalled().look(0).judge(), true, 100);

    assertThat(report).startsWith("\u001b[1m\u001b[31mBUFFERING\u001b[0m").contains("██");
  }

  @Test
  void report_hostileName_sendsNothingToTheTerminal() {
    Patient patient = new Patient();
    patient.name = "\u001b[2Jevil\n";

    assertThat(TextReport.of(patient.look(0).judge(), false, 80))
        .doesNotContain("\u001b")
        .contains("?[2Jevil? (PID 4711)");
  }

  @Test
  void report_unseenParts_areListedWithTheirRemedies() {
    Patient patient = new Patient();
    patient.socketsUnseen = true;

    assertThat(TextReport.of(patient.look(0).judge(), false, 80))
        .contains(
            "Not seen\n  sockets: the sockets may not be seen\n    to see it: run it as root");
  }
}

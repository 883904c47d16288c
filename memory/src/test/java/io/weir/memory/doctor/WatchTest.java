package io.weir.memory.doctor;

import static io.weir.memory.doctor.Patient.MB;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.census.Census;
import io.weir.memory.census.SizeClass;
import io.weir.memory.ledger.Look;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static Watch leak(int looks) {
    Patient patient = new Patient();
    Watch watch = new Watch();
    patient.sockets = Patient.stalled(0);
    for (int i = 0; i < looks; i++) {
      patient.sizes = List.of(new SizeClass(1040, 1040, 1000L * i, 1_040_000L * i));
      patient.liveBytes = 3 * MB + 1_040_000L * i;
      patient.look(1);
      watch.add(patient.looks.getLast(), patient.ledgers.getLast());
    }
    return watch;
  }

  @Test
  void add_moreThanTheLimit_keepsFirstAndLastAndTheVerdict() {
    Watch watch = leak(1000);
    Diagnosis diagnosis = watch.judge();

    assertThat(watch.size()).isBetween(Watch.LOOKS_MAX / 2, Watch.LOOKS_MAX);
    assertThat(diagnosis.looks().getFirst().atNanos()).isZero();
    assertThat(diagnosis.watchNanos()).isEqualTo(999_000_000_000L);
    assertThat(diagnosis.looks()).extracting(Look::atNanos).isSorted();
    assertThat(diagnosis.findings().getFirst().verdict()).isEqualTo(Verdict.LEAK_SUSPECT);
    assertThat(diagnosis.findings().getFirst().sentence()).contains("chunks of 1,040 bytes");
  }

  @Test
  void add_earlierLooks_keepHistogramsOnlyWhereTheyAreAskedFor() {
    List<Look> looks = leak(20).judge().looks();
    List<Integer> sizes =
        looks.stream().map(look -> ((Census.Counted) look.census()).sizes().size()).toList();

    assertThat(sizes.getFirst()).isOne();
    assertThat(sizes.subList(1, 18)).containsOnly(0);
    assertThat(sizes.subList(18, 20)).containsOnly(1);
  }

  @Test
  void add_manySockets_keepsTheFullestOfEarlierLooksAndCountsTheRest() {
    Patient patient = new Patient();
    patient.sockets = Patient.stalled(100);
    Watch watch = new Watch();
    for (int i = 0; i < 3; i++) {
      patient.look(1);
      watch.add(patient.looks.getLast(), patient.ledgers.getLast());
    }
    List<Look> looks = watch.judge().looks();
    var first = Objects.requireNonNull(looks.getFirst().sockets().value());
    var last = Objects.requireNonNull(looks.getLast().sockets().value());

    assertThat(first.rows()).hasSize(32);
    assertThat(first.others()).isEqualTo(68);
    assertThat(last.rows()).hasSize(100);
  }
}

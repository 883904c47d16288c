package io.weir.memory.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.JvmArea;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final long MIB = 1 << 20;

  @Test
  void of_mappingWhollyOfMalloc_isSplitIntoLiveAndKept() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .anonymous(0, 10 * MIB, 8 * MIB)
                .malloc(0, 10 * MIB)
                .mallocResident(8 * MIB, 5 * MIB)
                .look());

    assertThat(ledger.bytes(Kind.MALLOC_KEPT)).isEqualTo(5 * MIB);
    assertThat(ledger.bytes(Kind.MALLOC_LIVE)).isEqualTo(3 * MIB);
    assertThat(ledger.bytes(Kind.ANONYMOUS)).isZero();
  }

  @Test
  void of_mappingMergedWithMalloc_givesMallocItsPartAndLeavesTheRest() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .anonymous(0, 4 * MIB, 4 * MIB)
                .anonymous(8 * MIB, 18 * MIB, 10 * MIB)
                .malloc(0, 4 * MIB)
                .malloc(8 * MIB, 11 * MIB)
                .mallocResident(7 * MIB, 0)
                .look());

    assertThat(ledger.bytes(Kind.MALLOC_LIVE)).isEqualTo(7 * MIB);
    assertThat(ledger.bytes(Kind.ANONYMOUS)).isEqualTo(7 * MIB);
  }

  @Test
  void of_directBuffersInMalloc_areTakenOutOfWhatIsLive() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .anonymous(0, 10 * MIB, 10 * MIB)
                .malloc(0, 10 * MIB)
                .mallocResident(10 * MIB, MIB)
                .direct(6 * MIB)
                .look());

    assertThat(ledger.bytes(Kind.DIRECT)).isEqualTo(6 * MIB);
    assertThat(ledger.bytes(Kind.MALLOC_LIVE)).isEqualTo(3 * MIB);
  }

  @Test
  void of_moreDirectBytesThanLive_takesNoMoreThanThereIs() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .anonymous(0, 10 * MIB, 4 * MIB)
                .malloc(0, 10 * MIB)
                .mallocResident(4 * MIB, MIB)
                .direct(100 * MIB)
                .look());

    assertThat(ledger.bytes(Kind.DIRECT)).isEqualTo(3 * MIB);
    assertThat(ledger.bytes(Kind.MALLOC_LIVE)).isZero();
  }

  @Test
  void of_jvmAreas_attributesTheirMappings() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .area(JvmArea.Kind.HEAP, 0, 100 * MIB)
                .area(JvmArea.Kind.CODE, 200 * MIB, 300 * MIB)
                .anonymous(0, 4 * MIB, 3 * MIB)
                .anonymous(20 * MIB, 30 * MIB, 2 * MIB)
                .anonymous(200 * MIB, 201 * MIB, MIB)
                .anonymous(400 * MIB, 401 * MIB, MIB)
                .look());

    assertThat(ledger.bytes(Kind.JVM_HEAP)).isEqualTo(5 * MIB);
    assertThat(ledger.bytes(Kind.CODE)).isEqualTo(MIB);
    assertThat(ledger.bytes(Kind.ANONYMOUS)).isEqualTo(MIB);
  }

  @Test
  void of_mappingWithAStackPointer_isAThreads() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .anonymous(0, MIB, 8192)
                .anonymous(2 * MIB, 3 * MIB, 4096)
                .stackPointer(2 * MIB + 4000)
                .stackPointer(9 * MIB)
                .look());

    assertThat(ledger.bytes(Kind.THREADS)).isEqualTo(4096);
    assertThat(ledger.bytes(Kind.ANONYMOUS)).isEqualTo(8192);
  }

  @Test
  void of_sumOfMappingsAroundAStack_isNotTheThreads() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .sum(MIB, 900 * MIB, 1000, 65536)
                .stackPointer(2 * MIB)
                .stackPointer(3 * MIB)
                .look());

    assertThat(ledger.bytes(Kind.THREADS)).isEqualTo(2 * 65536);
    assertThat(ledger.bytes(Kind.ANONYMOUS)).isEqualTo(998 * 65536);
  }

  @Test
  void of_sumOfMappingsOfStacks_isTheThreads() {
    LookBuilder builder = new LookBuilder().sum(MIB, 900 * MIB, 50, 8192);
    for (int i = 0; i < 60; i++) {
      builder.stackPointer((2 + i) * MIB);
    }

    assertThat(Ledger.of(builder.look()).bytes(Kind.THREADS)).isEqualTo(50 * 8192);
  }

  @Test
  void of_sumOfMappingsThatBeginsInTheHeapOfAJvm_isNotAllHeap() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .area(JvmArea.Kind.HEAP, MIB, 2 * MIB)
                .sum(MIB, 900 * MIB, 1000, 65536)
                .look());

    assertThat(ledger.bytes(Kind.JVM_HEAP)).isZero();
    assertThat(ledger.bytes(Kind.ANONYMOUS)).isEqualTo(1000 * 65536);
  }

  @Test
  void of_mappingsThatAreOnlySummed_countAsKernelObjects() {
    Ledger one = Ledger.of(new LookBuilder().sum(MIB, 900 * MIB, 1, 65536).look());
    Ledger many = Ledger.of(new LookBuilder().sum(MIB, 900 * MIB, 50_001, 65536).look());

    assertThat(many.bytes(Kind.KERNEL_OBJECTS) - one.bytes(Kind.KERNEL_OBJECTS))
        .isEqualTo(50_000 * KernelMemory.MAPPING_BYTES);
  }

  @Test
  void of_mappingsThatMayNotBeRead_goesByTheCounters() {
    Ledger ledger = Ledger.of(new LookBuilder().counters(10 * MIB, 3 * MIB, MIB).look());

    assertThat(ledger.bytes(Kind.ANONYMOUS)).isEqualTo(10 * MIB);
    assertThat(ledger.bytes(Kind.FILES)).isEqualTo(3 * MIB);
    assertThat(ledger.bytes(Kind.SHARED)).isEqualTo(MIB);
    assertThat(ledger.bytes(Kind.UNACCOUNTED)).isZero();
  }

  @Test
  void of_aloneInItsCgroup_takesTheCgroupsChargeAndNamesWhatNoRowExplains() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder()
                .anonymous(0, 10 * MIB, 10 * MIB)
                .file(20 * MIB, 30 * MIB, 9 * MIB, 2 * MIB)
                .shared(40 * MIB, 41 * MIB, MIB)
                .cgroup(1, 40 * MIB, 5 * MIB)
                .look());

    assertThat(ledger.chargeSource()).isEqualTo("cgroup");
    assertThat(ledger.chargeBytes()).isEqualTo(40 * MIB);
    assertThat(ledger.bytes(Kind.FILES)).isEqualTo(4 * MIB + 2 * MIB);
    assertThat(ledger.bytes(Kind.UNACCOUNTED))
        .isEqualTo(40 * MIB - 10 * MIB - 6 * MIB - MIB - ledger.bytes(Kind.KERNEL_OBJECTS));
  }

  @Test
  void of_cgroupSharedWithOthers_computesTheCharge() {
    Ledger ledger =
        Ledger.of(
            new LookBuilder().anonymous(0, MIB, MIB).cgroup(2, 4000 * MIB, 1000 * MIB).look());

    assertThat(ledger.chargeSource()).isEqualTo("computed");
    assertThat(ledger.chargeBytes()).isEqualTo(MIB + ledger.kernelBytes());
  }

  @Property
  void of_anyLayout_addsUpToTheCharge(
      @ForAll @Size(max = 20) List<@LongRange(min = 0, max = 256) Long> residentPages,
      @ForAll @LongRange(min = 0, max = 5000) long mallocPages,
      @ForAll @LongRange(min = 0, max = 5000) long freePages,
      @ForAll @LongRange(min = -1, max = 1L << 30) long directBytes) {
    LookBuilder builder = new LookBuilder().direct(directBytes);
    long at = 0;
    for (long pages : residentPages) {
      builder.anonymous(at, at + MIB, pages * 4096);
      if (pages % 3 == 0) {
        builder.malloc(at, at + MIB);
      } else if (pages % 3 == 1) {
        builder.malloc(at + 4096, at + 8192);
      }
      at += 2 * MIB;
    }
    Ledger ledger = Ledger.of(builder.mallocResident(mallocPages * 4096, freePages * 4096).look());

    assertThat(ledger.rows().stream().mapToLong(LedgerRow::bytes).sum())
        .isEqualTo(ledger.chargeBytes());
    assertThat(ledger.bytes(Kind.UNACCOUNTED)).isZero();
    assertThat(ledger.rows()).allMatch(row -> row.bytes() >= 0);
  }
}

package io.weir.memory.ledger;

import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.ProcessStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a process' memory is.
 *
 * <p>The charge is what a container's limit would count. Where the process is alone in its cgroup,
 * the cgroup says it; {@code unaccounted} is then what no row explains. Else it is computed: the
 * kernel's own counters of resident memory, and its part; then {@code unaccounted} is what those
 * counters, which lag, are off from the mappings.
 *
 * @param rssBytes resident user memory, shared pages whole
 * @param pssBytes the same, shared pages divided; -1 where it could not be seen
 * @param chargeBytes what a container would be charged
 * @param chargeSource who says so: {@code cgroup} or {@code computed}
 * @param rows the largest first, {@code unaccounted} last; they add up to the charge
 */
public record Ledger(
    long rssBytes, long pssBytes, long chargeBytes, String chargeSource, List<LedgerRow> rows) {

  /** The ledger of a look. Any thread. */
  public static Ledger of(Look look) {
    ProcessStatus status = look.status();
    MemoryUse memory = look.memory().value();
    UserMemory user = memory == null ? null : UserMemory.of(look, memory.mappings());
    Map<Kind, Long> bytes = user == null ? byCounters(status) : new EnumMap<>(user.bytes());
    bytes.putAll(KernelMemory.of(look));
    long rssBytes = memory == null ? status.rssBytes() : memory.rssBytes();
    long pssBytes = memory == null ? -1 : memory.pssBytes();
    CgroupUse own = alone(look.cgroup().value());
    if (own == null) {
      long charge = status.rssBytes() + KernelMemory.sum(bytes);
      return new Ledger(rssBytes, pssBytes, charge, "computed", rows(bytes, charge));
    }
    if (own.fileBytes() >= 0) {
      long written = user == null ? 0 : user.anonymousInFilesBytes();
      long shared = bytes.getOrDefault(Kind.SHARED, 0L);
      bytes.put(Kind.FILES, Math.max(0, own.fileBytes() - shared) + written);
    }
    long charge = charge(own, bytes.getOrDefault(Kind.SOCKETS, 0L));
    return new Ledger(rssBytes, pssBytes, charge, "cgroup", rows(bytes, charge));
  }

  /** The bytes of one kind, 0 where there is no such row. */
  public long bytes(Kind kind) {
    for (LedgerRow row : rows) {
      if (row.kind() == kind) {
        return row.bytes();
      }
    }
    return 0;
  }

  /** What the kernel holds for the process: all of the charge that is not in user space. */
  public long kernelBytes() {
    long sum = 0;
    for (LedgerRow row : rows) {
      sum += row.kind().isKernel() ? row.bytes() : 0;
    }
    return sum;
  }

  /** Version 1 counts TCP's buffers apart, and only where a limit for them was ever set. */
  static long charge(CgroupUse own, long socketBytes) {
    boolean counted = own.version() != 1 || own.socketBytes() >= 0;
    return own.usageBytes() + (counted ? 0 : socketBytes);
  }

  /** This cgroup, if one process has it for itself and it tells its usage; else null. */
  static @Nullable CgroupUse alone(@Nullable CgroupUse cgroup) {
    boolean own = cgroup != null && cgroup.processes() == 1 && cgroup.usageBytes() > 0;
    return own ? cgroup : null;
  }

  private static Map<Kind, Long> byCounters(ProcessStatus status) {
    EnumMap<Kind, Long> bytes = new EnumMap<>(Kind.class);
    bytes.put(Kind.ANONYMOUS, status.rssAnonBytes());
    bytes.put(Kind.FILES, status.rssFileBytes());
    bytes.put(Kind.SHARED, status.rssShmemBytes());
    return bytes;
  }

  private static List<LedgerRow> rows(Map<Kind, Long> bytes, long chargeBytes) {
    List<LedgerRow> rows = new ArrayList<>();
    long sum = 0;
    for (Map.Entry<Kind, Long> entry : bytes.entrySet()) {
      if (entry.getValue() > 0) {
        rows.add(new LedgerRow(entry.getKey(), entry.getValue()));
        sum += entry.getValue();
      }
    }
    rows.sort(Comparator.comparingLong(LedgerRow::bytes).reversed());
    rows.add(new LedgerRow(Kind.UNACCOUNTED, chargeBytes - sum));
    return List.copyOf(rows);
  }
}

package io.weir.memory.doctor;

import io.weir.memory.census.ArenaCensus;
import io.weir.memory.census.Census;
import io.weir.memory.census.MmappedChunks;
import io.weir.memory.census.SizeClass;
import io.weir.memory.census.Thresholds;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.DescriptorUse;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.MappingUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.NodeUse;
import io.weir.memory.probe.PipeUse;
import io.weir.memory.probe.ProcessStatus;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.SocketRow;
import io.weir.memory.probe.SocketUse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A process as a test wants it to be seen; {@link #look} adds a look at its present state. */
final class Patient {
  static final long PID = 4711;
  static final long MB = 1_000_000;

  final List<Look> looks = new ArrayList<>();
  final List<Ledger> ledgers = new ArrayList<>();

  String name = "relay";
  String executable = "/usr/bin/relay";
  double seconds;
  int threads = 4;
  long baseBytes = 10 * MB;
  long liveBytes = 3 * MB;
  long keptBytes;
  long trimmableBytes;
  long topBytes;
  int arenas = 1;
  long mappedBytes;
  long lazyBytes;
  long hugeBytes;
  long stackBytes;
  long fileBytes;
  long socketBytes;
  long javaHeapBytes;
  long v8Bytes;
  long limitBytes = Long.MAX_VALUE;
  long pipeBytes;
  boolean socketsUnseen;
  List<SizeClass> sizes = List.of();
  List<SocketRow> sockets = List.of();
  @Nullable Census census;
  @Nullable JvmUse jvm;
  @Nullable NodeUse node;

  static Patient node() {
    Patient patient = new Patient();
    patient.name = "node";
    patient.executable = "/usr/bin/node";
    patient.v8Bytes = 6 * MB;
    patient.node = new NodeUse("v20.20.2", 6 * MB, 8 * MB, List.of());
    return patient;
  }

  static Patient java(long heapUsedBytes, long directBytes) {
    Patient patient = new Patient();
    patient.name = "java";
    patient.executable = "/opt/jdk/bin/java";
    patient.javaHeapBytes = heapUsedBytes;
    patient.jvm(heapUsedBytes, directBytes);
    return patient;
  }

  void jvm(long heapUsedBytes, long directBytes) {
    jvm =
        new JvmUse(
            "25.0.1+8",
            "Serial",
            List.of(),
            heapUsedBytes,
            javaHeapBytes,
            1000 * MB,
            -1,
            -1,
            directBytes,
            true,
            Map.of(),
            -1);
  }

  static SocketRow socket(int number, long sendQueueBytes, long receiveQueueBytes) {
    return new SocketRow(
        1000 + number,
        10 + number,
        "tcp",
        "127.0.0.1:3001",
        "127.0.0.1:" + (40000 + number),
        "ESTAB",
        sendQueueBytes,
        receiveQueueBytes,
        sendQueueBytes + receiveQueueBytes,
        4_194_304);
  }

  static List<SocketRow> stalled(int count) {
    List<SocketRow> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(socket(i, 4_163_611, 0));
    }
    return rows;
  }

  /** One more look, {@code afterSeconds} later than the last. */
  Patient look(double afterSeconds) {
    seconds += looks.isEmpty() ? 0 : afterSeconds;
    looks.add(
        new Look(
            PID,
            (long) (seconds * 1e9),
            new ProcessStatus(
                name, executable, 1000, threads, rss(), rss(), anonymous(), 0, 0, 200_000, 0),
            Reading.of(memory(), 10_000_000),
            Reading.of(List.of(), 1_000_000),
            Reading.of(new DescriptorUse(sockets.size(), 0, 3, 1, 2), 1_000_000),
            Reading.of(
                new CgroupUse(2, "/x", 1, limitBytes, rss(), rss(), 0, fileBytes, 0, 0), 1_000_000),
            socketsUnseen
                ? Reading.unseen("the sockets may not be seen", "run it as root", 1_000_000)
                : Reading.of(new SocketUse(sockets, 0, List.of()), 1_000_000),
            Reading.of(new PipeUse(1, pipeBytes, 65_536), 1_000_000),
            census == null ? counted() : census,
            jvm == null ? Reading.none() : Reading.of(jvm, 1_000_000),
            node == null ? Reading.none() : Reading.of(node, 1_000_000)));
    ledgers.add(ledger());
    return this;
  }

  Diagnosis judge() {
    return Judge.judge(looks, ledgers);
  }

  private long anonymous() {
    return liveBytes + keptBytes + mappedBytes + stackBytes + javaHeapBytes + v8Bytes;
  }

  private long rss() {
    return baseBytes + anonymous() + lazyBytes + fileBytes;
  }

  private MemoryUse memory() {
    Mapping mapping = new Mapping(new AddressRange(4096, 8192), "rw-p", 0, 0, "[heap]");
    return new MemoryUse(
        List.of(
            new MappingUse(mapping, rss(), rss(), anonymous(), lazyBytes, hugeBytes, 0)));
  }

  private Census counted() {
    List<ArenaCensus> all = new ArrayList<>();
    for (int i = 0; i < arenas; i++) {
      boolean main = i == 0;
      long share = 1L * keptBytes / arenas;
      all.add(
          new ArenaCensus(
              4096L * i,
              main,
              1,
              (liveBytes + keptBytes) / arenas,
              liveBytes / arenas,
              share - (main ? topBytes : 0),
              0,
              0,
              main ? topBytes : 0,
              trimmableBytes / arenas));
    }
    return new Census.Counted(
        "/lib/libc.so.6",
        all,
        new MmappedChunks(0, 0, true),
        sizes,
        new Thresholds(131_072, 131_072, 0),
        List.of(),
        liveBytes + keptBytes,
        keptBytes,
        0,
        2 * MB,
        30_000_000);
  }

  private Ledger ledger() {
    List<LedgerRow> rows = new ArrayList<>();
    boolean split = census == null;
    row(rows, Kind.MALLOC_LIVE, split ? liveBytes : 0);
    row(rows, Kind.MALLOC_KEPT, split ? keptBytes : 0);
    row(rows, Kind.ANONYMOUS, mappedBytes + (split ? 0 : liveBytes + keptBytes));
    row(rows, Kind.THREADS, stackBytes);
    row(rows, Kind.JVM_HEAP, javaHeapBytes);
    row(rows, Kind.V8_HEAP, v8Bytes);
    row(rows, Kind.FILES, baseBytes + fileBytes);
    row(rows, Kind.SOCKETS, socketBytes);
    rows.sort(Comparator.comparingLong(LedgerRow::bytes).reversed());
    rows.add(new LedgerRow(Kind.UNACCOUNTED, 0));
    return new Ledger(rss(), rss(), rss() + socketBytes, "computed", List.copyOf(rows));
  }

  private static void row(List<LedgerRow> rows, Kind kind, long bytes) {
    if (bytes > 0) {
      rows.add(new LedgerRow(kind, bytes));
    }
  }
}

package io.weir.doctor;

import io.weir.memory.census.ArenaCensus;
import io.weir.memory.census.Census;
import io.weir.memory.census.MmappedChunks;
import io.weir.memory.census.Thresholds;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.Obstacle;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.ProcessStatus;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.SocketUse;
import java.util.List;

/** A process with 100 MB that malloc keeps, seen as often as a test wants it to live. */
public final class Scene implements LookSource {
  public static final long PID = 4711;
  private static final long KEPT_BYTES = 100_000_000;

  private final String name;
  private final int looksMax;
  private int looks;

  /** It ends after so many looks. */
  public Scene(String name, int looksMax) {
    this.name = name;
    this.looksMax = looksMax;
  }

  public int looks() {
    return looks;
  }

  @Override
  public Look look() throws ObstacleException {
    if (looks == looksMax) {
      throw new ObstacleException(Obstacle.ENDED, "process 4711 has ended", "");
    }
    looks++;
    return new Look(
        PID,
        looks * 1_000_000_000L,
        new ProcessStatus(name, "", 0, 1, 110_000_000, 110_000_000, 105_000_000, 0, 0, 0, 0),
        Reading.unseen("mappings may not be read", "run it as root", 1_000_000),
        Reading.none(),
        Reading.none(),
        Reading.none(),
        Reading.of(new SocketUse(List.of(), 0, List.of()), 1_000_000),
        Reading.none(),
        census(),
        Reading.none(),
        Reading.none());
  }

  private static Census census() {
    ArenaCensus arena =
        new ArenaCensus(0, true, 1, 105_000_000, 5_000_000, KEPT_BYTES, 0, 0, 0, 99_000_000);
    return new Census.Counted(
        "/lib/libc.so.6",
        List.of(arena),
        new MmappedChunks(0, 0, true),
        List.of(),
        new Thresholds(-1, -1, -1),
        List.of(),
        105_000_000,
        KEPT_BYTES,
        0,
        1_000_000,
        5_000_000);
  }

  @Override
  public Ledger ledger(Look look) {
    return new Ledger(
        110_000_000,
        -1,
        110_000_000,
        "computed",
        List.of(
            new LedgerRow(LedgerRow.Kind.MALLOC_KEPT, KEPT_BYTES),
            new LedgerRow(LedgerRow.Kind.UNACCOUNTED, 10_000_000)));
  }
}

package io.weir.memory.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The sockets of a process, with their queues, and the sockets that it has closed and that still
 * hold data.
 *
 * <p>The inodes of its descriptors are looked up among all sockets of its network namespace. Where
 * that is ours and native access is enabled, {@link SocketDiag} tells them with what the kernel
 * charges; else the tables in {@code /proc/PID/net} tell their queues only, and no unix sockets.
 *
 * <p>A closed socket has no inode, nor has a connection that was not accepted yet. Such a one counts
 * as this process' if its local port is one of those that the process has sockets on. So the last
 * data of a connection that the process itself made, and closed, is missed unless it has another
 * socket on that port.
 */
public final class Sockets {
  /** Rows told one by one; further ones that hold nothing to speak of are summed. */
  static final int ROWS_MAX = 8192;

  /** Rows told one by one if they have something in a queue. */
  static final int QUEUED_ROWS_MAX = 16_384;

  private final InodeTable inodes;
  private final BitSet ports = new BitSet(1 << 16);
  private final List<SocketRow> rows = new ArrayList<>();
  private final List<SocketRow> ownerless = new ArrayList<>();
  private final List<Integer> ownerlessPorts = new ArrayList<>();
  private final Rest rest = new Rest();
  private final Rest ownerlessRest = new Rest();
  private int found;

  private Sockets(InodeTable inodes) {
    this.inodes = inodes;
  }

  /**
   * The sockets among these descriptors. Some milliseconds for 10,000 sockets in the namespace.
   *
   * @throws ObstacleException where the process has ended
   */
  public static Reading<SocketUse> read(Target target, Descriptors descriptors)
      throws ObstacleException {
    long from = System.nanoTime();
    Reading<DescriptorUse> use = descriptors.use();
    if (use.value() == null) {
      return Reading.unseen(use.unseen(), use.remedy(), 0);
    }
    if (descriptors.sockets().size() == 0) {
      return new Reading<>(new SocketUse(List.of(), 0, List.of()), use.unseen(), use.remedy(), 0);
    }
    boolean same = sharesNamespace(target);
    if (same) {
      Sockets sockets = new Sockets(descriptors.sockets());
      if (sockets.ask()) {
        target.requireAlive();
        return new Reading<>(
            sockets.toUse(), use.unseen(), use.remedy(), System.nanoTime() - from);
      }
    }
    return readTables(target, descriptors, same, from);
  }

  static Reading<SocketUse> readTables(
      Target target, Descriptors descriptors, boolean same, long from) throws ObstacleException {
    Sockets sockets = new Sockets(descriptors.sockets());
    try {
      for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
        sockets.readTable(target.file("net/" + table), table);
      }
      target.requireAlive();
    } catch (ObstacleException e) {
      throw e;
    } catch (IOException e) {
      return target.unseen("the sockets", e, System.nanoTime() - from);
    }
    String remedy =
        same ? Libc.REMEDY : "look from inside: nsenter --net --target " + target.pid();
    return new Reading<>(
        sockets.toUse(),
        "what the kernel charges for sockets cannot be seen, only their queues: "
            + (same ? "the kernel was not asked" : "they are in another network namespace"),
        remedy,
        System.nanoTime() - from);
  }

  private static boolean sharesNamespace(Target target) {
    if (target.isSelf()) {
      return true;
    }
    try {
      Path ours = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
      return ours.equals(Files.readSymbolicLink(target.file("ns/net")));
    } catch (IOException e) {
      return false;
    }
  }

  /** False where the kernel cannot be asked; then nothing of this object may be used. */
  private boolean ask() {
    try (SocketDiag diag = SocketDiag.open()) {
      if (diag == null) {
        return false;
      }
      for (int family : new int[] {Libc.AF_INET, Libc.AF_INET6}) {
        diag.inet(family, SocketDiag.TCP, SocketDiag.ALL_STATES, 0, this::take);
      }
      askOthers(diag);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What a kernel may have been built without. */
  private void askOthers(SocketDiag diag) {
    try {
      for (int family : new int[] {Libc.AF_INET, Libc.AF_INET6}) {
        diag.inet(family, SocketDiag.UDP, SocketDiag.ALL_STATES, 0, this::take);
      }
      diag.unix(this::take);
    } catch (IOException e) {
      // They stay among the others.
      return;
    }
  }

  private void readTable(Path file, String protocol) throws IOException {
    try (ProcText text = ProcText.open(file)) {
      NetFile.parse(text, protocol, this::take);
    } catch (NoSuchFileException e) {
      // A kernel without IPv6 has no such table.
      return;
    }
  }

  private void take(SocketFacts facts) {
    boolean inet = !facts.protocol.equals("unix");
    if (facts.inode == 0) {
      if (inet && facts.state != SocketFacts.TIME_WAIT && facts.holdsBytes()) {
        takeOwnerless(facts);
      }
      return;
    }
    int fd = inodes.fd(facts.inode);
    if (fd < 0) {
      return;
    }
    found++;
    if (inet) {
      ports.set(facts.localPort & 0xffff);
    }
    boolean queued = facts.sendQueueBytes > 0 || facts.receiveQueueBytes > 0;
    if (rows.size() < (queued ? QUEUED_ROWS_MAX : ROWS_MAX)) {
      rows.add(facts.toRow(fd));
    } else {
      rest.add(facts);
    }
  }

  private void takeOwnerless(SocketFacts facts) {
    if (ownerless.size() < ROWS_MAX) {
      ownerless.add(facts.toRow(-1));
      ownerlessPorts.add(facts.localPort);
    } else if (ports.get(facts.localPort & 0xffff)) {
      ownerlessRest.add(facts);
    }
  }

  private SocketUse toUse() {
    List<SocketRow> ours = new ArrayList<>();
    for (int i = 0; i < ownerless.size(); i++) {
      if (ports.get(ownerlessPorts.get(i) & 0xffff)) {
        ours.add(ownerless.get(i));
      }
    }
    rest.addTo(rows);
    ownerlessRest.addTo(ours);
    int others = Math.max(0, inodes.size() - found);
    return new SocketUse(List.copyOf(rows), others, List.copyOf(ours));
  }

  /** The sum of rows that are not told one by one. */
  private static final class Rest {
    private int count;
    private long sendQueueBytes;
    private long receiveQueueBytes;
    private long kernelBytes;
    private boolean charged = true;

    void add(SocketFacts facts) {
      count++;
      sendQueueBytes += facts.sendQueueBytes;
      receiveQueueBytes += facts.receiveQueueBytes;
      kernelBytes += Math.max(0, facts.kernelBytes);
      charged &= facts.kernelBytes >= 0;
    }

    void addTo(List<SocketRow> rows) {
      if (count == 0) {
        return;
      }
      rows.add(
          new SocketRow(
              0,
              -1,
              "further",
              count + " further sockets",
              "",
              "",
              sendQueueBytes,
              receiveQueueBytes,
              charged ? kernelBytes : -1,
              -1));
    }
  }
}

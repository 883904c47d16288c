package io.weir.memory.doctor;

import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.SocketRow;
import io.weir.memory.probe.SocketUse;
import java.util.ArrayList;
import java.util.List;

/** What waits for somebody: BUFFERING in the process, KERNEL outside of it. */
final class QueueRules {
  private static final int NAMED_SOCKETS_MAX = 5;

  /**
   * Ten connections with 4 MB in a send buffer and 6 MB in a receive buffer are within what Linux
   * grants by itself; a healthy relay with a few stalled readers must not be alarmed about.
   */
  private static final long KERNEL_BYTES_MIN = 64L << 20;

  private QueueRules() {}

  static void judge(Signs signs, List<Finding> findings) {
    buffering(signs, findings);
    kernel(signs, findings);
  }

  private static void buffering(Signs signs, List<Finding> findings) {
    if (!signs.isBlocked()) {
      return;
    }
    Growth growth = growth(signs);
    long held = held(signs, growth);
    boolean grows = growth.shape() == Growth.Shape.GROWING;
    if (!grows && !signs.isLargeInRss(held)) {
      return;
    }
    Blocked blocked = signs.latestBlocked();
    List<String> lines = new ArrayList<>();
    boolean counted = signs.counted() != null;
    lines.add((counted ? "live in malloc: " : "anonymous, grown: ") + shares(signs, held));
    if (growth.grownBytes() > 0) {
      lines.add(grownLine(signs, growth));
    } else {
      lines.add("what the program needs anyway is in it, and cannot be told apart");
    }
    nameSockets(lines, "blocked", blocked.sockets(), true);
    if (blocked.pipeBytes() > 0) {
      lines.add("pipes hold " + Megabytes.text(blocked.pipeBytes()) + " that nobody reads");
    }
    nameSockets(lines, "not read by this process", blocked.unreadSockets(), false);
    findings.add(
        new Finding(
            Verdict.BUFFERING,
            held,
            "up to "
                + Megabytes.text(held)
                + " wait in "
                + signs.who()
                + " for "
                + readers(blocked),
            lines,
            "there is a limit to what it queues for each reader, and it is what you want to pay",
            "it stays live when these queues are empty: then it is not what waits for them",
            next(signs, blocked)));
  }

  /** What would be a leak if nobody were blocked. */
  private static Growth growth(Signs signs) {
    return signs.counted() != null ? signs.liveGrowth() : signs.growth(Signs::anonymousBytes);
  }

  /** Direct buffers where a JVM tells of them: the rest of its native memory waits for nobody. */
  private static long held(Signs signs, Growth growth) {
    if (signs.counted() == null) {
      return Math.max(0, growth.grownBytes());
    }
    JvmUse jvm = signs.last().jvm().value();
    return jvm != null && jvm.directBytes() >= 0
        ? Math.min(jvm.directBytes(), signs.liveBytes())
        : signs.liveBytes();
  }

  private static List<String> next(Signs signs, Blocked blocked) {
    List<String> next = new ArrayList<>();
    if (!blocked.sockets().isEmpty()) {
      next.add("ss -tmnp | grep -A1 pid=" + signs.pid() + ",   # Send-Q is what waits");
    }
    next.add(Advice.backPressure(signs.runtime()));
    next.add("weir doctor " + signs.pid() + " --watch 30s   # does it still grow?");
    return next;
  }

  private static String readers(Blocked blocked) {
    int sockets = blocked.sockets().size();
    if (sockets == 0) {
      return "the reader of a pipe, which does not read";
    }
    return sockets == 1 ? "1 reader that does not read" : sockets + " readers that do not read";
  }

  static String grownLine(Signs signs, Growth growth) {
    return "grown by "
        + Megabytes.text(growth.grownBytes())
        + " in "
        + signs.watchText()
        + ": from "
        + Megabytes.text(growth.fromBytes())
        + " to "
        + Megabytes.text(growth.toBytes());
  }

  private static String shares(Signs signs, long bytes) {
    return Megabytes.text(bytes)
        + " of "
        + Megabytes.text(signs.rssBytes())
        + " RSS ("
        + Megabytes.percent(bytes, signs.rssBytes())
        + " %)";
  }

  /** The fullest ones by name, the rest by number. */
  static void nameSockets(List<String> lines, String what, List<SocketRow> rows, boolean send) {
    int named = Math.min(NAMED_SOCKETS_MAX, rows.size());
    for (SocketRow row : rows.subList(0, named)) {
      long queue = send ? row.sendQueueBytes() : row.receiveQueueBytes();
      String limit =
          send && row.sendBufferBytes() > 0
              ? " of a buffer of " + Megabytes.text(row.sendBufferBytes())
              : "";
      lines.add(what + ": " + name(row) + ", " + Megabytes.text(queue) + " queued" + limit);
    }
    if (rows.size() > named) {
      lines.add("and " + (rows.size() - named) + " more");
    }
  }

  private static String name(SocketRow row) {
    String local = Signs.plain(row.local());
    String peer = Signs.plain(row.peer());
    String fd = row.fd() < 0 ? "" : " (fd " + row.fd() + ")";
    return (peer.isEmpty() ? local : local + " -> " + peer) + fd;
  }

  private static void kernel(Signs signs, List<Finding> findings) {
    long sockets = signs.rowBytes(Kind.SOCKETS);
    long pipes = signs.rowBytes(Kind.PIPES);
    long objects = signs.rowBytes(Kind.KERNEL_OBJECTS, Kind.PAGE_TABLES);
    long all = sockets + pipes + objects;
    if (all < KERNEL_BYTES_MIN || !Signs.isLarge(all, signs.chargeBytes())) {
      return;
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        "sockets "
            + Megabytes.text(sockets)
            + " + pipes "
            + Megabytes.text(pipes)
            + " + kernel objects and page tables "
            + Megabytes.text(objects)
            + " = "
            + Megabytes.text(all)
            + ", "
            + Megabytes.percent(all, signs.chargeBytes())
            + " % of the charge");
    nameSockets(lines, "blocked", signs.latestBlocked().sockets(), true);
    nameSockets(lines, "not read", signs.latestBlocked().unreadSockets(), false);
    ownerless(signs, lines);
    findings.add(
        new Finding(
            Verdict.KERNEL,
            all,
            Megabytes.text(all)
                + " are in the kernel for "
                + signs.who()
                + ", not in its RSS: "
                + (sockets >= pipes && sockets >= objects
                    ? "mostly socket buffers"
                    : pipes >= objects ? "mostly pipes" : "mostly kernel objects"),
            lines,
            "the number of connections is bounded, and so is each one's buffer",
            "memory.stat of its cgroup shows much less in sock and kernel",
            List.of(
                "ss -tmnp | grep -A1 pid=" + signs.pid() + ",   # skmem is what each one holds",
                "set SO_SNDBUF and SO_RCVBUF smaller on each connection, or TCP_NOTSENT_LOWAT",
                "sysctl net.ipv4.tcp_wmem net.ipv4.tcp_rmem   # the last number is the most that"
                    + " each gets")));
  }

  private static void ownerless(Signs signs, List<String> lines) {
    SocketUse use = signs.last().sockets().value();
    if (use != null && !use.ownerless().isEmpty()) {
      lines.add(
          use.ownerless().size() + " of the sockets are closed, but still hold data for a reader");
    }
  }
}

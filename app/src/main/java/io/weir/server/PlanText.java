package io.weir.server;

import static io.weir.server.MemoryPlan.MEBIBYTE;

import io.weir.relay.exchange.LinkNeeds;

/** Memory plans, and why there is none, in words. */
public final class PlanText {
  private static final int NAME_CHARS = 26;
  private static final int NUMBER_CHARS = 9;

  private PlanText() {}

  /** What {@code --explain-memory} shows: the terms, which add up, and how they came about. */
  public static String table(MemoryPlan plan, String source) {
    MemoryNeeds needs = plan.needs();
    StringBuilder text = new StringBuilder(1400);
    row(text, "memory", plan.memoryBytes(), source);
    row(text, "- heap", needs.system().heapBytes(), "-Xmx, which the launcher derives from memory");
    row(text, "- program", MemoryPlan.PROGRAM_BYTES, "code, stacks, libraries, admin; a constant");
    if (needs.tlsBytes() > 0) {
      row(text, "- TLS", needs.tlsBytes(), "its library, and the loops' buffers; a constant");
    }
    StringBuilder idle = count(needs.idleOrigins(), "kept for a next request, ");
    kibibytes(idle, needs.connectionBytes() / 2).append(" each");
    row(text, "- idle origin connections", needs.idleOriginBytes(), idle);
    StringBuilder queue = count((long) plan.backlog() * needs.listeners(), "may wait, ");
    kibibytes(queue, needs.cost().queuedBytes()).append(" each");
    row(text, "- accept queue", plan.queueBytes(), queue);
    StringBuilder objects = count(plan.connectionsMax(), "with two sockets, ");
    kibibytes(objects, needs.cost().objectBytes()).append(" of kernel objects each");
    row(text, "- connections", plan.objectsBytes(), objects);
    StringBuilder least = new StringBuilder("what all flows may hold; at least ");
    kibibytes(least, needs.cost().leaseBytes()).append(" a connection");
    row(text, "= budget", plan.budgetBytes(), least);
    text.append("\na connection takes at least ");
    kibibytes(text, needs.connectionBytes()).append(", and ");
    kibibytes(text, needs.heapBytesPerConnection()).append(" of the heap\n");
    text.append("connections: ").append(reach(plan)).append('\n');
    appendLinks(text, plan);
    return text.toString();
  }

  /** What HTTP/2 takes of the budget beside, if it is spoken. */
  private static void appendLinks(StringBuilder text, MemoryPlan plan) {
    LinkNeeds links = plan.needs().links();
    if (links.clientBytes() > 0) {
      kibibytes(text.append("HTTP/2: a client's connection takes "), links.clientBytes());
      kibibytes(
          text.append(" more of the budget, "), links.clientBytes() - links.clientEarlyBytes());
      text.append(" once it has begun;\n  a stream takes what a connection takes: ");
      Figures.appendGrouped(text, plan.clientLinksMax());
      text.append(" such clients at once with a stream each, and nobody else\n");
    }
    if (links.originBytes() > 0) {
      kibibytes(text.append("HTTP/2: a connection to the origin takes "), links.originBytes());
      text.append(" of the budget beside its streams;\n  there is room for one of each of ");
      Figures.appendGrouped(text, links.loops()).append(" loops beside the least of all: ");
      mebibytes(text, links.originsBytes()).append('\n');
    }
  }

  private static String reach(MemoryPlan plan) {
    MemoryNeeds needs = plan.needs();
    long most = plan.connectionsMax();
    StringBuilder text = new StringBuilder(160);
    Figures.appendGrouped(text, most).append(" at most: ");
    if (needs.connectionsAsked() > 0) {
      text.append("--max-connections");
    } else if (most == needs.connectionsByDescriptors()) {
      text.append("descriptors end there");
    } else if (most == needs.connectionsByHeap()) {
      text.append("the heap ends there");
    } else {
      text.append("the memory ends there");
    }
    text.append("; descriptors suffice for ");
    Figures.appendGrouped(text, needs.connectionsByDescriptors()).append(", the heap for ");
    return Figures.appendGrouped(text, needs.connectionsByHeap()).toString();
  }

  private static void row(StringBuilder text, String name, long bytes, CharSequence words) {
    StringBuilder number = Figures.appendMebibytes(new StringBuilder(16), bytes);
    text.append(name).repeat(' ', Math.max(1, NAME_CHARS - name.length()));
    text.repeat(' ', Math.max(1, NUMBER_CHARS - number.length())).append(number);
    text.append(" MiB  ").append(words).append('\n');
  }

  private static StringBuilder count(long count, String words) {
    return Figures.appendGrouped(new StringBuilder(80), count).append(' ').append(words);
  }

  private static StringBuilder kibibytes(StringBuilder to, long bytes) {
    return Figures.appendKibibytes(to, bytes).append(" KiB");
  }

  /** The clause of the line at the start. */
  static void appendSummary(StringBuilder to, MemoryPlan plan) {
    to.append("memory ");
    Figures.appendGrouped(to, plan.memoryBytes() / MEBIBYTE).append(" MiB: ");
    Figures.appendGrouped(to, plan.connectionsMax()).append(" connections, ");
    Figures.appendGrouped(to, plan.budgetBytes() / MEBIBYTE).append(" MiB for what they hold");
  }

  static String fewDescriptors(MemoryNeeds needs, int wanted) {
    StringBuilder text = new StringBuilder(240).append("--max-connections: ");
    Figures.appendGrouped(text, wanted).append(" connections need ");
    Figures.appendGrouped(text, 2L * wanted + MemoryPlan.RESERVED_DESCRIPTORS);
    text.append(" open files, and the limit of this process is ");
    Figures.appendGrouped(text, needs.system().descriptorsMax()).append(", enough for ");
    Figures.appendGrouped(text, needs.connectionsByDescriptors());
    return text.append(": raise it (ulimit -n)").toString();
  }

  static String smallHeap(MemoryNeeds needs, int wanted, long leastBytes) {
    StringBuilder text = new StringBuilder(240).append("--max-connections: ");
    Figures.appendGrouped(text, wanted).append(" connections need a heap of ");
    long heapBytes = MemoryPlan.HEAP_BASE_BYTES + wanted * needs.heapBytesPerConnection();
    mebibytes(text, heapBytes).append(", and this JVM's is ");
    mebibytes(text, needs.system().heapBytes());
    return appendLeast(text, leastBytes).toString();
  }

  static String littleMemory(long memoryBytes, MemoryNeeds needs, int wanted) {
    StringBuilder text = new StringBuilder(400).append("--memory: ");
    mebibytes(text, memoryBytes).append(" is too little for ");
    Figures.appendGrouped(text, wanted).append(" connections");
    appendLeast(text, MemoryPlan.leastBytes(needs)).append(" (MiB: ");
    Figures.appendMebibytes(text, needs.system().heapBytes()).append(" heap + ");
    Figures.appendMebibytes(text, MemoryPlan.PROGRAM_BYTES).append(" program + ");
    if (needs.tlsBytes() > 0) {
      Figures.appendMebibytes(text, needs.tlsBytes()).append(" TLS + ");
    }
    Figures.appendMebibytes(text, needs.idleOriginBytes()).append(" idle origin connections + ");
    long queueBytes = MemoryPlan.backlogMin(needs) * needs.queuedBytes();
    Figures.appendMebibytes(text, queueBytes).append(" accept queue + ");
    Figures.appendMebibytes(text, wanted * needs.connectionBytes()).append(" connections of ");
    kibibytes(text, needs.connectionBytes());
    long linksBytes = needs.linksBytes(wanted);
    if (linksBytes > 0) {
      Figures.appendMebibytes(text.append(" + "), linksBytes).append(" HTTP/2 connections");
    }
    return text.append(')').toString();
  }

  private static StringBuilder appendLeast(StringBuilder to, long leastBytes) {
    return to.append("; the least that would do is ").append(leastBytes / MEBIBYTE).append('m');
  }

  static StringBuilder mebibytes(StringBuilder to, long bytes) {
    return Figures.appendMebibytes(to, bytes).append(" MiB");
  }
}

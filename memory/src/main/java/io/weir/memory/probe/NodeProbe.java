package io.weir.memory.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be told of a Node.js process from outside. It is neither asked nor changed.
 *
 * <p>Any thread; blocks. About 10 ms, and 50 ms more for the first look at a process.
 */
public final class NodeProbe {
  private NodeProbe() {}

  /**
   * Looks at the process, if it is Node.js.
   *
   * @param memory its mappings
   * @return {@link Reading#none} if it is not; with {@code heapBytes} -1 where V8's pages cannot be
   *     known: V8 12 and later (Node 22) have no header that could be
   */
  public static Reading<NodeUse> read(Target target, MemoryUse memory) {
    long start = System.nanoTime();
    if (!isNode(target, memory)) {
      return Reading.none();
    }
    String version = NodeVersion.of(target);
    try (NodeHeap heap = new NodeHeap(target)) {
      for (MappingUse use : memory.mappings()) {
        heap.search(use.mapping());
      }
      NodeUse use = heap.use(version);
      long cost = System.nanoTime() - start;
      return use.heapBytes() >= 0
          ? Reading.of(use, cost)
          : new Reading<>(
              use,
              "V8's heap cannot be told from other anonymous memory in this version of Node.js",
              "process.memoryUsage() inside the program tells it",
              cost);
    } catch (IOException _) {
      return new Reading<>(
          new NodeUse(version, -1, -1, List.of()),
          "the memory of process " + target.pid() + " may not be read, so V8's heap is not known",
          "run the command as the process' user, or as root",
          System.nanoTime() - start);
    }
  }

  private static boolean isNode(Target target, MemoryUse memory) {
    String program = program(target);
    if (program != null) {
      return isNodeName(program);
    }
    return memory.mappings().stream().anyMatch(use -> isNodeName(use.mapping().name()));
  }

  private static @Nullable String program(Target target) {
    try {
      return Files.readSymbolicLink(target.file("exe")).toString();
    } catch (IOException _) {
      return null;
    }
  }

  static boolean isNodeName(String path) {
    String whole =
        path.endsWith(" (deleted)")
            ? path.substring(0, path.length() - " (deleted)".length())
            : path;
    String name = whole.substring(whole.lastIndexOf('/') + 1);
    return name.equals("node") || name.equals("nodejs");
  }
}

package io.weir.memory.census;

import io.weir.memory.census.TargetProcess.Truth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The census against other versions of glibc than the system's. Needs gcc, and for each version a
 * folder into which a distribution's package was unpacked ({@code dpkg-deb -x libc6_*.deb FOLDER}).
 * After {@code mvn -pl memory test-compile}, from the project's folder:
 *
 * <pre>
 *   java -cp memory/target/classes:memory/target/test-classes \
 *     io.weir.memory.census.GlibcVersionsBench FOLDER ...
 * </pre>
 *
 * <p>{@code malloc_target.c} is linked to each version and run by its own loader. A line for each
 * case: how far free, tcache included, and the bytes of mappings are from mallinfo's, what of
 * mallinfo's live bytes the census has not (malloc's own structures in each arena but the main
 * one), and the trim.
 */
final class GlibcVersionsBench {
  private static final Path SOURCE = Path.of("memory/src/test/c/malloc_target.c");

  private GlibcVersionsBench() {}

  /** What the target does; the environment sets how many arenas. */
  private record Case(String name, Map<String, String> environment, List<String> commands) {}

  private static final List<Case> CASES =
      List.of(
          new Case(
              "1 arena, every other freed",
              Map.of("MALLOC_ARENA_MAX", "1"),
              List.of("alloc 1 40000 16 4000", "free other")),
          new Case(
              "1 arena, all but the last freed",
              Map.of("MALLOC_ARENA_MAX", "1"),
              List.of("alloc 1 40000 16 4000", "free last")),
          new Case(
              "5 arenas, every other freed",
              Map.of("MALLOC_ARENA_MAX", "5"),
              List.of("alloc 8 20000 16 4000", "free other")),
          new Case(
              "5 arenas, all but the last freed",
              Map.of("MALLOC_ARENA_MAX", "5"),
              List.of("alloc 8 20000 16 4000", "free last")),
          new Case(
              "small chunks, all but the last freed",
              Map.of("MALLOC_ARENA_MAX", "1"),
              List.of("alloc 2 100000 16 150", "free last")),
          new Case(
              "mappings among chunks",
              Map.of("MALLOC_ARENA_MAX", "2"),
              List.of("alloc 2 300 100000 900000", "free other")),
          new Case(
              "tcache off",
              Map.of("MALLOC_ARENA_MAX", "2", "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"),
              List.of("alloc 2 20000 16 2000", "free other")));

  public static void main(String[] folders) throws IOException, InterruptedException {
    for (String folder : folders) {
      Path root = Path.of(folder);
      Path library = libraries(root);
      Path program = build(library);
      System.out.println(root.getFileName());
      for (Case one : CASES) {
        run(one, library, program);
      }
      Files.delete(program);
    }
  }

  /** The folder that libc is in. */
  private static Path libraries(Path root) throws IOException {
    for (String below : List.of("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "lib64")) {
      Path folder = root.resolve(below);
      if (Files.exists(folder.resolve("libc.so.6"))) {
        return folder;
      }
    }
    throw new IOException("no libc.so.6 below " + root);
  }

  private static Path build(Path library) throws IOException, InterruptedException {
    Path program = Files.createTempFile("malloc_target", "");
    List<String> command = new ArrayList<>(List.of("gcc", "-O1", "-o", program.toString()));
    command.addAll(List.of(SOURCE.toString(), "-nodefaultlibs"));
    // Since 2.34 libpthread is an empty one.
    for (String name : List.of("libc.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2")) {
      command.add(library.resolve(name).toString());
    }
    command.add("-lgcc");
    Process gcc = new ProcessBuilder(command).inheritIO().start();
    if (!gcc.waitFor(60, TimeUnit.SECONDS) || gcc.exitValue() != 0) {
      throw new IOException("gcc could not build " + SOURCE);
    }
    return program;
  }

  private static void run(Case one, Path library, Path program) throws IOException {
    List<String> command =
        List.of(
            library.resolve("ld-linux-x86-64.so.2").toString(),
            "--library-path",
            library.toString(),
            program.toString());
    try (TargetProcess target = TargetProcess.of(command, one.environment)) {
      for (String told : one.commands) {
        target.tell(told);
      }
      Truth truth = target.truth();
      long before = target.rssBytes();
      Census census = HeapCensus.take(target.target());
      long touched = target.rssBytes() - before;
      target.tell("trim");
      print(one.name, census, truth, before - target.rssBytes(), touched);
    }
  }

  private static void print(String name, Census census, Truth truth, long drop, long touched) {
    if (!(census instanceof Census.Counted counted)) {
      System.out.println("  " + name + ": " + census);
      return;
    }
    long tcache = counted.arenas().stream().mapToLong(ArenaCensus::tcacheBytes).sum();
    long cached = Math.max(0, tcache);
    System.out.printf(
        "  %s: free %+d, mappings %+d, not live %d in %d arenas, tcache %d, live %,d,"
            + " trim %,d / %,d, RSS %+d, %s%n",
        name,
        counted.freeBytes() - cached - truth.fordblks(),
        counted.mmapped().bytes() - truth.hblkhd(),
        truth.live() - cached - counted.liveBytes(),
        counted.arenas().size(),
        tcache,
        counted.liveBytes(),
        counted.trimmableBytes(),
        drop,
        touched,
        counted.thresholds());
  }
}

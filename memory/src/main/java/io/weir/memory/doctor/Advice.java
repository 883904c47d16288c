package io.weir.memory.doctor;

import java.util.List;

/** Commands and settings that depend on what the program is written for. */
final class Advice {
  private Advice() {}

  /** What brings a collector to collect everything now. */
  static String collect(RuntimeKind runtime, long pid) {
    return switch (runtime) {
      case JVM -> "jcmd " + pid + " GC.run && weir doctor " + pid;
      case NODE -> "start it with node --expose-gc and call global.gc(), then weir doctor " + pid;
      case RUBY -> "call GC.start in it, then weir doctor " + pid;
      case GO -> "call debug.FreeOSMemory() in it, then weir doctor " + pid;
      case DOTNET -> "call GC.Collect() in it, then weir doctor " + pid;
      case PYTHON -> "call gc.collect() in it, then weir doctor " + pid;
      case NATIVE -> "weir doctor " + pid + " --watch 60s";
    };
  }

  /** Who allocates, in the program's own words. */
  static List<String> findAllocations(RuntimeKind runtime, long pid) {
    return switch (runtime) {
      case JVM ->
          List.of(
              "restart it with -XX:NativeMemoryTracking=summary; then jcmd NEW-PID VM.native_memory"
                  + " baseline, and a minute later jcmd NEW-PID VM.native_memory summary.diff",
              "asprof -e nativemem -d 60 -f leak.jfr "
                  + pid
                  + "   # async-profiler 4; then jfrconv --nativemem --leak leak.jfr leak.html");
      case NODE ->
          List.of(
              "log process.memoryUsage() each minute: external and arrayBuffers are what Buffers"
                  + " hold",
              // Without that option the signal ends the process: its present number is not said.
              "restart it with node --heapsnapshot-signal=SIGUSR2; then kill -USR2 NEW-PID, twice,"
                  + " and compare the two snapshots in DevTools");
      case PYTHON ->
          List.of("memray attach " + pid, "tracemalloc.start(25) in it, and compare two snapshots");
      case RUBY -> List.of("ObjectSpace.trace_object_allocations_start, then ObjectSpace.dump_all");
      case GO -> List.of("go tool pprof http://HOST:PORT/debug/pprof/heap (net/http/pprof)");
      case DOTNET -> List.of("dotnet-gcdump collect -p " + pid);
      case NATIVE ->
          List.of(
              "heaptrack -p " + pid + "   # a minute of it shows who allocates and does not free",
              "memleak-bpfcc -p " + pid + " 10   # of bcc; as root");
    };
  }

  /** How this program gives back what malloc keeps, at once. */
  static String trimNow(RuntimeKind runtime, long pid) {
    return switch (runtime) {
      case JVM -> "jcmd " + pid + " System.trim_native_heap   # or weir doctor " + pid + " --trim";
      case PYTHON -> "call ctypes.CDLL('libc.so.6').malloc_trim(0) in it";
      case RUBY -> "call Process.warmup in it (Ruby 3.3): it ends in malloc_trim(0)";
      case NODE, GO, DOTNET, NATIVE ->
          "call malloc_trim(0) in it, malloc_trim(3), such as from an admin command";
    };
  }

  /** How a program obeys its readers. */
  static String backPressure(RuntimeKind runtime) {
    return switch (runtime) {
      case NODE ->
          "stream.pipeline(source, sink), or stop reading when write() answers false until 'drain'";
      case JVM ->
          "stop reading while the sink takes nothing: Netty isWritable() and autoRead, a Flow"
              + " subscription's request(n), or a blocking write";
      case PYTHON -> "await writer.drain() after each writer.write() (asyncio)";
      case RUBY, GO, DOTNET, NATIVE ->
          "read no faster than the reader takes: stop reading the source while the sink is full";
    };
  }
}

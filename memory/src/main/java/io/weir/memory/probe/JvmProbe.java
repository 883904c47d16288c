package io.weir.memory.probe;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a HotSpot JVM tells of its own memory, by its diagnostic commands: another one with its
 * consent only ({@link JvmConsent}), and within {@value #ANSWER_MILLIS_MAX} ms, so that one that
 * hangs cannot hang us. The first question makes a JVM start a thread and a socket in its {@code
 * /tmp}; nothing else is changed.
 *
 * <p>Of the commands, {@code GC.heap_info} waits for a collection that runs, and {@code
 * VM.metaspace} runs at a safepoint (its cost grows with the number of class loaders).
 *
 * <p>Any thread; blocks.
 */
public final class JvmProbe {
  /** A healthy JVM takes 0.4 s for the first look, 0.1 s for a later one. */
  static final long ANSWER_MILLIS_MAX = 3_000;

  private static final String TRIM = "System.trim_native_heap";

  /** Whoever waits for an answer; so a JVM that hangs is not asked again and again. */
  private static final AtomicReference<@Nullable Thread> ASKING = new AtomicReference<>();

  private JvmProbe() {}

  /** What is done with a JVM that can be asked. */
  private interface Talk<T> {
    T with(JvmAsk jvm) throws IOException;
  }

  /**
   * Asks the process, if it is a JVM.
   *
   * @param attach may it be asked? If not, only its being a JVM is told
   * @return {@link Reading#none} if it is none
   */
  public static Reading<JvmUse> read(Target target, boolean attach) {
    long start = System.nanoTime();
    try {
      JvmMappings mappings = JvmMappings.read(target);
      if (!mappings.isJvm()) {
        return Reading.none();
      }
      if (!attach) {
        return Reading.unseen(
            "the JVM was not asked", "allow the doctor to ask it", since(start));
      }
      return converse(target, start, jvm -> answers(target, jvm, mappings));
    } catch (IOException e) {
      return Reading.unseen(
          "the mappings of process " + target.pid() + " cannot be read: " + reason(e),
          "run the command as the process' user, or as root",
          since(start));
    }
  }

  /**
   * Has a JVM give back what malloc keeps ({@code malloc_trim(0)}), by {@code
   * System.trim_native_heap}; JDK 18 and later, late updates of 17, Linux with glibc. It may take 50 ms for 300 MB.
   *
   * @return what the JVM says, such as {@code Trim native heap: RSS+Swap: 471M->173M (-298M)}
   */
  public static Reading<String> trim(Target target) {
    long start = System.nanoTime();
    try {
      if (!JvmMappings.read(target).isJvm()) {
        return Reading.none();
      }
    } catch (IOException e) {
      return Reading.unseen(
          "process " + target.pid() + " cannot be looked at: " + reason(e), "", since(start));
    }
    return converse(
        target,
        start,
        jvm -> {
          StringBuilder said = new StringBuilder();
          jvm.ask(TRIM, line -> said.append(said.isEmpty() ? "" : " ").append(line.strip()));
          boolean known = said.indexOf("rim") >= 0 && said.indexOf("Exception") < 0;
          return known
              ? Reading.of(said.toString(), since(start))
              : Reading.unseen(
                  "the JVM " + target.pid() + " does not know " + TRIM,
                  "JDK 18 and later do, and late updates of 17, on Linux with glibc",
                  since(start));
        });
  }

  private static Reading<JvmUse> answers(Target target, JvmAsk jvm, JvmMappings mappings)
      throws IOException {
    long start = System.nanoTime();
    JvmAnswers answers = new JvmAnswers();
    jvm.ask("VM.version", answers::version);
    jvm.ask("VM.native_memory summary scale=b", answers::nativeMemory);
    if (answers.isTracked()) {
      jvm.ask("System.map", answers::map);
    }
    jvm.ask("GC.heap_info", answers::heap);
    jvm.ask("Compiler.codecache", answers::code);
    jvm.ask("VM.flags", answers::flags);
    answers.mappings(mappings);
    jvm.ask("VM.metaspace vslist scale=1", answers::metaspace);
    if (target.isSelf() && !answers.isTracked()) {
      answers.direct(JvmInside.directBytes());
    }
    long cost = since(start);
    if (answers.isEmpty()) {
      return Reading.unseen(
          "the JVM " + target.pid() + " answers nothing that is known here",
          "HotSpot of JDK 11 and later is understood",
          cost);
    }
    return answers.isTracked()
        ? Reading.of(answers.use(), cost)
        : new Reading<>(
            answers.use(),
            "the JVM does not track its native memory: its buffers and its collector's tables"
                + " cannot be told from other memory",
            "start it with -XX:NativeMemoryTracking=summary",
            cost);
  }

  /** Talks on a thread that may be left behind; this very JVM is asked in place. */
  private static <T> Reading<T> converse(Target target, long start, Talk<Reading<T>> talk) {
    try {
      if (target.isSelf()) {
        return priced(talk.with(JvmInside.open()), start);
      }
      JvmConsent.Refusal refusal = JvmConsent.refusal(target);
      if (refusal != null) {
        return Reading.unseen(refusal.sentence(), refusal.remedy(), since(start));
      }
      return elsewhere(target, start, talk);
    } catch (IOException e) {
      return silent(target, reason(e), start);
    }
  }

  private static <T> Reading<T> elsewhere(Target target, long start, Talk<Reading<T>> talk) {
    AtomicReference<@Nullable Reading<T>> answer = new AtomicReference<>();
    Consumer<Reading<T>> give = answer::set;
    Thread thread =
        Thread.ofPlatform().daemon().name("jvm-probe").unstarted(() -> ask(target, talk, give));
    Thread before = ASKING.get();
    if ((before != null && before.isAlive()) || !ASKING.compareAndSet(before, thread)) {
      return silent(target, "an earlier question is still without an answer", start);
    }
    thread.start();
    try {
      thread.join(ANSWER_MILLIS_MAX);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    Reading<T> seen = answer.get();
    if (seen == null) {
      // Closes its channel, so that a JVM that writes to us is free again.
      thread.interrupt();
      return silent(target, "not within " + ANSWER_MILLIS_MAX + " ms", start);
    }
    return priced(seen, start);
  }

  private static <T> void ask(
      Target target, Talk<Reading<T>> talk, Consumer<Reading<T>> give) {
    long start = System.nanoTime();
    try {
      give.accept(talk.with(JvmWire.open(target)));
    } catch (IOException e) {
      give.accept(silent(target, reason(e), start));
    } catch (LinkageError e) {
      give.accept(
          Reading.unseen(
              "this Java runtime has no module jdk.attach, so no JVM can be asked",
              "run the command with a whole JDK",
              since(start)));
    }
  }

  private static <T> Reading<T> silent(Target target, String why, long start) {
    return Reading.unseen(
        "the JVM " + target.pid() + " did not answer: " + why,
        target.isAlive() ? "try again when it is less busy" : "",
        since(start));
  }

  private static <T> Reading<T> priced(Reading<T> reading, long start) {
    return new Reading<>(reading.value(), reading.unseen(), reading.remedy(), since(start));
  }

  private static long since(long start) {
    return System.nanoTime() - start;
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}

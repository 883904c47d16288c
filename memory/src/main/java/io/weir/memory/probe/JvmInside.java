package io.weir.memory.probe;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.util.Locale;
import java.util.function.Consumer;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * Asks this very JVM, never through its socket: the thread that answers may hold off the safepoint
 * that the asking thread waits for, and then both stand still.
 *
 * <p>The lean way calls what the platform's MBean itself calls; it is there where the program was
 * started with {@code --add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED} (or {@code
 * Add-Opens} in its manifest). Otherwise the MBean is asked, which loads all of JMX. The numbers are
 * in docs/decisions/0008-asking-a-jvm.md.
 */
final class JvmInside implements JvmAsk {
  private final @Nullable Object commands;
  private final @Nullable Method execute;

  private JvmInside(@Nullable Object commands, @Nullable Method execute) {
    this.commands = commands;
    this.execute = execute;
  }

  static JvmInside open() {
    try {
      // Loads the native library that the next class needs.
      Class.forName("com.sun.management.internal.PlatformMBeanProviderImpl");
      Class<?> type = Class.forName("com.sun.management.internal.DiagnosticCommandImpl");
      Method instance = type.getDeclaredMethod("getDiagnosticCommandMBean");
      Method execute = type.getDeclaredMethod("executeDiagnosticCommand", String.class);
      instance.setAccessible(true);
      execute.setAccessible(true);
      return new JvmInside(instance.invoke(null), execute);
    } catch (ReflectiveOperationException
        | InaccessibleObjectException
        | LinkageError _) {
      return new JvmInside(null, null);
    }
  }

  /** Is it the way that costs little? */
  boolean isLean() {
    return commands != null;
  }

  @Override
  public void ask(String command, Consumer<String> lines) throws IOException {
    try {
      String answer = execute == null ? byBean(command) : (String) execute.invoke(commands, command);
      answer.lines().forEach(lines);
    } catch (ReflectiveOperationException | JMException e) {
      // An unknown command; the parsers are given nothing.
    }
  }

  private static String byBean(String command) throws JMException {
    String[] words = command.split(" ", -1);
    String[] arguments = new String[words.length - 1];
    System.arraycopy(words, 1, arguments, 0, arguments.length);
    return (String)
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                operation(words[0]),
                new Object[] {arguments},
                new String[] {String[].class.getName()});
  }

  /** {@code GC.heap_info} is the operation {@code gcHeapInfo}. */
  static String operation(String command) {
    StringBuilder name = new StringBuilder();
    boolean capital = false;
    boolean first = true;
    for (int i = 0; i < command.length(); i++) {
      char c = command.charAt(i);
      if (c == '.' || c == '_') {
        capital = true;
        first = false;
      } else {
        String letter = String.valueOf(c);
        name.append(
            first
                ? letter.toLowerCase(Locale.ROOT)
                : capital ? letter.toUpperCase(Locale.ROOT) : letter);
        capital = false;
      }
    }
    return name.toString();
  }

  /** Bytes in this JVM's direct buffers; those of slices of memory segments are not among them. */
  static long directBytes() {
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        return pool.getMemoryUsed();
      }
    }
    return -1;
  }
}

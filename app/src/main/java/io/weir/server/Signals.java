package io.weir.server;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * What the process does on a signal. By {@code sun.misc.Signal}, since a shutdown hook sees neither
 * SIGHUP nor the second Ctrl-C and cannot choose the exit code; by reflection, since javac warns of
 * that class and lets nobody say that it is meant.
 */
public final class Signals {
  private Signals() {}

  /**
   * Runs {@code action} at each signal {@code name}, in a thread of its own each time.
   *
   * @param name such as TERM, without SIG
   * @return false where the JVM does not hand out this signal ({@code -Xrs}, other systems)
   */
  public static boolean on(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              handler.getClassLoader(), new Class<?>[] {handler}, handlerOf(action));
      Object named = signal.getConstructor(String.class).newInstance(name);
      Method handle = signal.getMethod("handle", signal, handler);
      handle.invoke(null, named, proxy);
      return true;
    } catch (InvocationTargetException e) {
      return false;
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("module jdk.unsupported is part of every JDK", e);
    }
  }

  private static InvocationHandler handlerOf(Runnable action) {
    return (proxy, method, arguments) -> {
      switch (method.getName()) {
        case "handle" -> {
          action.run();
          return null;
        }
        case "hashCode" -> {
          return System.identityHashCode(proxy);
        }
        case "equals" -> {
          return proxy == arguments[0];
        }
        default -> {
          return "signal handler";
        }
      }
    };
  }
}

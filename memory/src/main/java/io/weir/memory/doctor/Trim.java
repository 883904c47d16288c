package io.weir.memory.doctor;

import io.weir.memory.ledger.Look;

/** How a process gives back what its malloc keeps. */
public final class Trim {
  private Trim() {}

  /** Can it be asked to from outside? A JVM can, by its own command; nothing is ever injected. */
  public static boolean canBeAsked(Look look) {
    return RuntimeKind.of(look) == RuntimeKind.JVM;
  }

  /** What to do, one sentence. */
  public static String how(Look look) {
    return Advice.trimNow(RuntimeKind.of(look), look.pid());
  }
}

package io.weir.doctor;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.ledger.Observer;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Target;

/** Looks at a real process. One thread at a time. */
public final class ObservedProcess implements LookSource {
  private final Observer observer;

  private ObservedProcess(Observer observer) {
    this.observer = observer;
  }

  /**
   * The process of this number.
   *
   * @param attach may a JVM be asked about itself?
   * @throws ObstacleException where there is none, or none to look at
   */
  public static LookSource open(long pid, boolean attach) throws ObstacleException {
    return new ObservedProcess(Observer.of(Target.of(pid), attach));
  }

  @Override
  public Look look() throws ObstacleException {
    return observer.look();
  }

  @Override
  public Ledger ledger(Look look) {
    return Ledger.of(look);
  }
}

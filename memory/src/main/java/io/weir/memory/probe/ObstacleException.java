package io.weir.memory.probe;

import java.io.IOException;

/** A process cannot be looked at. The message is one sentence for the user. */
public final class ObstacleException extends IOException {
  private final Obstacle obstacle;
  private final String remedy;

  /**
   * An obstacle.
   *
   * @param sentence what cannot be seen, and why
   * @param remedy what would make it visible, or empty
   */
  public ObstacleException(Obstacle obstacle, String sentence, String remedy) {
    super(sentence);
    this.obstacle = obstacle;
    this.remedy = remedy;
  }

  /** The kind. */
  public Obstacle obstacle() {
    return obstacle;
  }

  /** What would make it visible, or empty. */
  public String remedy() {
    return remedy;
  }
}

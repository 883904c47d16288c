package io.weir.relay.budget;

/**
 * Who is told of what a governor decides. Called on the loop, in the middle of its work: must not
 * block, lock or throw.
 */
public interface GovernorListener {
  /** Tells nobody. */
  GovernorListener NONE =
      new GovernorListener() {
        @Override
        public void resized(long fromBytes, long toBytes, long bytesPerSecond) {}

        @Override
        public void fair(long windowBytes, long leasedBytes, long budgetBytes) {}
      };

  /**
   * The lease of a flow has grown or was cut.
   *
   * @param fromBytes the window before
   * @param toBytes the window from now on
   * @param bytesPerSecond the rate of its sink that it follows
   */
  void resized(long fromBytes, long toBytes, long bytesPerSecond);

  /**
   * The window beyond which no flow of this loop goes has changed.
   *
   * @param windowBytes from now on
   * @param leasedBytes what all flows may hold now
   * @param budgetBytes what all flows may hold together
   */
  void fair(long windowBytes, long leasedBytes, long budgetBytes);
}

package io.weir.server;

/**
 * How much memory there is to plan with, and why so much.
 *
 * @param bytes all that this process may be charged for
 * @param source one clause: where the number is from
 */
public record MemoryChoice(long bytes, String source) {
  /** Where neither the user nor a cgroup says anything. */
  static final long USUAL_BYTES = 256 * MemoryPlan.MEBIBYTE;

  /** What the user said. */
  public static MemoryChoice asked(long bytes, SystemLimits system) {
    StringBuilder source = new StringBuilder("--memory");
    if (bytes > system.memoryLimitBytes()) {
      source.append(", which is more than the ");
      PlanText.mebibytes(source, system.memoryLimitBytes()).append(" of this cgroup");
    }
    return new MemoryChoice(bytes, source.toString());
  }

  /**
   * What is right where the user said nothing: half of the cgroup's limit, but at least the least
   * that would do, and at most 80 %. Without a limit 256 MiB.
   *
   * @param leastBytes the least that would do
   * @throws PlanException if more than 80 % would be needed
   */
  public static MemoryChoice usual(SystemLimits system, long leastBytes) throws PlanException {
    long limitBytes = system.memoryLimitBytes();
    if (limitBytes == Long.MAX_VALUE) {
      return new MemoryChoice(USUAL_BYTES, "the default, where no limit of a cgroup is set");
    }
    StringBuilder limit = PlanText.mebibytes(new StringBuilder(40), limitBytes);
    if (leastBytes > limitBytes / 5 * 4) {
      long wholeBytes = Math.ceilDiv(leastBytes / 4 * 5, MemoryPlan.MEBIBYTE);
      throw new PlanException(
          "--memory: the least that would do is "
              + leastBytes / MemoryPlan.MEBIBYTE
              + "m, more than 80 % of this cgroup's limit of "
              + limit
              + ": raise that to "
              + wholeBytes
              + " MiB at least, or give --memory all the same");
    }
    return leastBytes > limitBytes / 2
        ? new MemoryChoice(leastBytes, "the least that would do; the cgroup's limit is " + limit)
        : new MemoryChoice(limitBytes / 2, "half of the cgroup's limit of " + limit);
  }
}

package io.weir.memory.doctor;

/**
 * Whether a size grew during a watch, and whether it still does.
 *
 * <p>What only fills up, swings or jumps is no leak, so {@link Shape#GROWING} asks for much:
 *
 * <pre>
 *   bytes                 seen for 12 s, by 10 looks at least
 *     |          ,o       8 MiB and 5 % more than at first
 *     |       ,o'         after warm-up, a quarter or more:
 *     |    ,o'              rises by least squares, by the median of slopes and by ranks
 *     | o-'                 the line explains 80 % of what moved
 *     |o                    no fall deeper than a fifth of the growth,
 *     |                     or two thirds of what grows after it, in the first half
 *     +--+--+--+--> time    each third of the rest has its part, the last is not much slower
 *       1  2  3  4
 * </pre>
 *
 * @param shape what it was
 * @param fromBytes at the first look
 * @param toBytes at the last
 * @param seconds between them
 * @param bytesPerSecond after warm-up, by least squares
 */
record Growth(
    Growth.Shape shape, long fromBytes, long toBytes, double seconds, double bytesPerSecond) {
  /** Under it, what a collector or a cache does in between looks like growth. */
  static final double WATCH_SECONDS_MIN = 12;

  /** Nobody who looks for so short a time asks for growth. */
  private static final double GLANCE_SECONDS_MAX = 2;

  /** Seven looks after the first quarter are the fewest that ranks can be sure of (3 sigmas). */
  static final int LOOKS_MIN = 10;

  /** Less comes and goes in any program. */
  static final long GROWTH_BYTES_MIN = 8L << 20;

  /** And less than this share of the size at first is the same in a large one. */
  static final double GROWTH_SHARE_MIN = 0.05;

  /** By chance once in 700 rows of numbers, and chance must then pass the other tests too. */
  static final double RISE_SIGMAS_MIN = 3.0;

  /** Of the variance; a straight line explains most of a leak, little of a jump or of noise. */
  private static final double EXPLAINED_SHARE_MIN = 0.8;

  /** Of the growth: a collector's saw falls deeper. */
  private static final double FALL_SHARE_MAX = 0.2;

  /** Of the growth after it: a saw never rises higher than it fell. */
  private static final double EARLY_FALL_SHARE_MAX = 2 / 3.0;

  /** Of an even share that each third after warm-up must have: a jump is in one alone. */
  private static final double THIRD_SHARE_MIN = 0.4;

  /** Of the rate of the two thirds before it: what fills up slows down first. */
  private static final double LAST_RATE_SHARE_MIN = 0.6;

  /** Of the watch: who was not looked at for longer was starved, and so was its growth. */
  private static final double GAP_SHARE_MAX = 0.2;

  /** Of the growth, in the last quarter: no more means that it has stopped. */
  private static final double STOPPED_SHARE_MAX = 0.05;

  /** Shapes. */
  enum Shape {
    /** Not more than any program does. */
    NONE,
    /** Grew, but too little was seen to say more. */
    TOO_SHORT,
    /** Grows and does not stop. */
    GROWING,
    /** Grew, then stopped. */
    STOPPED,
    /** Goes up and down. */
    SWINGING,
    /** Grew, unevenly; what it will do cannot be told yet. */
    UNEVEN
  }

  /** Of what was never seen. */
  static final Growth UNSEEN = new Growth(Shape.NONE, 0, 0, 0, 0);

  /** Of these sizes. */
  static Growth of(Trend all) {
    double seconds = all.lastSecond();
    double grown = all.last() - all.first();
    Trend later = all.from(settledSecond(all, seconds));
    double rate = later.slope();
    Shape shape = shape(all, later, seconds, grown);
    return new Growth(shape, (long) all.first(), (long) all.last(), seconds, rate);
  }

  /** When warm-up is over: after a quarter, or after one fall in the first half. */
  private static double settledSecond(Trend all, double seconds) {
    double fallen = all.deepestFallSecond();
    boolean early = all.deepestFall() > 0 && fallen <= seconds / 2;
    return early ? Math.max(seconds / 4, fallen) : seconds / 4;
  }

  long grownBytes() {
    return toBytes - fromBytes;
  }

  long bytesPerMinute() {
    return (long) (bytesPerSecond * 60);
  }

  private static Shape shape(Trend all, Trend later, double seconds, double grown) {
    boolean brief = seconds < WATCH_SECONDS_MIN || all.count() < LOOKS_MIN;
    if (brief && grown >= briefFloor(all.first(), seconds)) {
      return Shape.TOO_SHORT;
    }
    if (grown < floor(all.first())) {
      boolean swings = all.deepestFall() >= floor(all.first());
      return swings ? Shape.SWINGING : Shape.NONE;
    }
    if (brief) {
      return Shape.TOO_SHORT;
    }
    if (swings(all, grown) && swings(all, later)) {
      return Shape.SWINGING;
    }
    if (rises(later) && isEven(later)) {
      return Shape.GROWING;
    }
    if (all.longestGap() > seconds * GAP_SHARE_MAX) {
      return Shape.UNEVEN;
    }
    boolean warmUp = all.last() - all.at(seconds / 4) < floor(all.first()) / 2;
    boolean still = all.last() - all.at(seconds * 0.75) <= grown * STOPPED_SHARE_MAX;
    return warmUp || still ? Shape.STOPPED : Shape.UNEVEN;
  }

  private static boolean swings(Trend all, double grown) {
    return all.deepestFall() > grown * FALL_SHARE_MAX;
  }

  /** A program that has just started falls once; what then grows far beyond it is no swing back. */
  private static boolean swings(Trend all, Trend later) {
    double grown = later.last() - later.first();
    return later.deepestFall() > grown * FALL_SHARE_MAX
        || all.deepestFall() > grown * EARLY_FALL_SHARE_MAX;
  }

  /** What counts as growth, bytes. */
  static double floor(double first) {
    return Math.max(GROWTH_BYTES_MIN, first * GROWTH_SHARE_MIN);
  }

  /** In a short watch less is worth a word; in a glance of some looks nothing small is. */
  private static double briefFloor(double first, double seconds) {
    double part = seconds < GLANCE_SECONDS_MAX ? 1 : Math.min(1, seconds / WATCH_SECONDS_MIN);
    return floor(first) * part;
  }

  private static boolean rises(Trend later) {
    return later.slope() > 0
        && later.medianSlope() > 0
        && later.riseSigmas() >= RISE_SIGMAS_MIN
        && later.explained() >= EXPLAINED_SHARE_MIN;
  }

  private static boolean isEven(Trend later) {
    double start = later.firstSecond();
    double third = (later.lastSecond() - start) / 3;
    double first = later.at(start + third) - later.first();
    double second = later.at(start + 2 * third) - later.at(start + third);
    double last = later.last() - later.at(start + 2 * third);
    double least = Math.min(first, Math.min(second, last));
    return least >= (first + second + last) / 3 * THIRD_SHARE_MIN
        && last >= (first + second) / 2 * LAST_RATE_SHARE_MIN;
  }
}

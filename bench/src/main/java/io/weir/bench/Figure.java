package io.weir.bench;

import java.util.Locale;

/** What is measured, each with its unit; in the order of the tables' columns. */
enum Figure {
  /** User and system time of the proxy's processes for 1e9 bytes of bodies that readers got. */
  CPU_PER_GB("cpu_s_per_gb", "CPU", "s/GB", 3, true),

  /** Bytes of bodies that readers got, in 1e6 bytes a second. */
  THROUGHPUT("mb_per_s", "throughput", "MB/s", 0, true),

  /** User and system time of the proxy's processes for one request. */
  CPU_PER_REQUEST("cpu_us_per_request", "CPU", "µs/request", 1, true),

  /** Answers that were whole and right, a second. */
  REQUESTS("requests_per_s", "requests", "/s", 0, true),

  /** From the request's write to its answer's last byte, median. */
  P50("p50_ms", "p50", "ms", 2, true),

  /** As {@link #P50}, for 90 of 100. */
  P90("p90_ms", "p90", "ms", 2, true),

  /** As {@link #P50}, for 99 of 100. */
  P99("p99_ms", "p99", "ms", 2, true),

  /** What fast readers got in all while there were no others. */
  ALONE("alone_mb_per_s", "alone", "MB/s", 0, true),

  /** What the same readers got while there were others. */
  TOGETHER("together_mb_per_s", "together", "MB/s", 0, true),

  /** {@link #TOGETHER} of {@link #ALONE}. */
  SHARE("share_percent", "together/alone", "%", 0, false),

  /** Resident set a second after the first answer. */
  RESIDENT_START("resident_start_mib", "resident at start", "MiB", 1, true),

  /** Resident set some seconds after a first load has left. */
  RESIDENT_WARM("resident_warm_mib", "after warm-up", "MiB", 1, true),

  /** What was charged before the load, when another like it had left. */
  CHARGE_BEFORE("charge_before_mib", "charge before", "MiB", 1, true),

  /** What was charged some seconds after the load had left. */
  CHARGE_AFTER("charge_after_mib", "charge after", "MiB", 1, true),

  /** {@link #CHARGE_AFTER} less {@link #CHARGE_BEFORE}. */
  CHARGE_KEPT("charge_kept_mib", "kept", "MiB", 1, false),

  /** Resident set of the proxy's processes, what they share counted once: highest seen. */
  RESIDENT("resident_mib", "resident", "MiB", 1, true),

  /** What the kernel held for the proxy's own sockets: highest seen. */
  KERNEL("kernel_mib", "kernel sockets", "MiB", 0, true),

  /** What a container's limit would have charged: highest. */
  CHARGE("charge_mib", "peak charge", "MiB", 0, true),

  /** Of the bytes that readers with a rate asked for, those that they got. */
  DELIVERED("delivered_percent", "delivered", "%", 1, false),

  /** Readers whose transfer broke, or answers that were wrong. */
  FAILED("failed", "failed", "", 0, false),

  /** Cores that the origin's process used. */
  ORIGIN_CORES("origin_cores", "origin", "cores", 2, false),

  /** Cores that the readers' process used. */
  READER_CORES("reader_cores", "readers", "cores", 2, false),

  /** Cores that anything else on this machine used meanwhile: the noise. */
  FOREIGN_CORES("foreign_cores", "foreign", "cores", 2, false);

  private final String key;
  private final String title;
  private final String unit;
  private final int decimals;
  private final boolean compared;

  Figure(String key, String title, String unit, int decimals, boolean compared) {
    this.key = key;
    this.title = title;
    this.unit = unit;
    this.decimals = decimals;
    this.compared = compared;
  }

  /** Its name in the report's data, with its unit. */
  String key() {
    return key;
  }

  String title() {
    return title;
  }

  String unit() {
    return unit;
  }

  /** Whether it says something about a proxy, and so has a ratio and a chart. */
  boolean compared() {
    return compared;
  }

  /** Whether it has a column also where there is little room. */
  boolean tabled() {
    return compared || !unit.equals("cores");
  }

  /** A column's heading. */
  String heading() {
    return unit.isEmpty() ? title : title + " " + unit;
  }

  String show(double value) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}

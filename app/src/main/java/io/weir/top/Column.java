package io.weir.top;

import java.util.Comparator;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A column of the table of flows, in their order; those with a key can be sorted by.
 *
 * <p>Without {@link #LEASE} a row is 79 characters wide.
 */
enum Column {
  CLIENT("CLIENT", 21, true, 'c', null),
  METHOD("METH", 4, true, '\0', null),
  STATUS("ST", 3, false, 's', row -> row.flow().status()),
  PHASE("PHASE", 8, true, '\0', null),
  WAITS("WAITS", 6, true, '\0', null),
  RATE("MB/s", 8, false, 'r', Row::bytesPerSecond),
  DOWN("MB", 10, false, 'd', row -> row.flow().bytes()),
  HELD("HELD kB", 7, false, 'h', row -> row.flow().heldBytes()),
  LEASE("LEASE kB", 8, false, 'l', row -> row.flow().leaseBytes()),
  AGE("AGE", 5, false, 'a', row -> row.flow().ageMillis());

  final String title;
  final int width;
  final boolean left;
  final char key;

  @SuppressWarnings("ImmutableEnumChecker") // functions without state
  private final @Nullable ToLongFunction<Row> number;

  /**
   * A flow and its rate.
   *
   * @param bytesPerSecond of both directions since the look before
   */
  record Row(Glance.Flow flow, long bytesPerSecond) {}

  Column(String title, int width, boolean left, char key, @Nullable ToLongFunction<Row> number) {
    this.title = title;
    this.width = width;
    this.left = left;
    this.key = key;
    this.number = number;
  }

  /** The largest first, names from the first letter on; the same order for those that are equal. */
  Comparator<Row> order() {
    Comparator<Row> first =
        number == null
            ? Comparator.comparing(row -> row.flow().peer())
            : Comparator.comparingLong(number).reversed();
    return first.thenComparingLong(row -> row.flow().id());
  }

  String text(Row row) {
    Glance.Flow flow = row.flow();
    return switch (this) {
      case CLIENT -> flow.peer();
      case METHOD -> flow.method();
      case STATUS -> flow.status() == 0 ? "-" : Long.toString(flow.status());
      case PHASE -> flow.phase();
      case WAITS -> flow.waitsFor().isEmpty() ? "-" : flow.waitsFor();
      case RATE -> Text.megabytes(row.bytesPerSecond());
      case DOWN -> Text.megabytes(flow.bytes());
      case HELD -> flow.heldBytes() < 0 ? "?" : Text.kilobytes(flow.heldBytes());
      case LEASE -> Text.kilobytes(flow.leaseBytes());
      case AGE -> Text.age(flow.ageMillis());
    };
  }
}

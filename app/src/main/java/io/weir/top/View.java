package io.weir.top;

/**
 * What the user has chosen: order, filter, place in the table. Confined to the thread that reads
 * the keys.
 *
 * <pre>
 *   TABLE -- / --> FILTER (letters, backspace) -- Enter --> TABLE
 *                                              -- Esc ----> TABLE, without a filter
 * </pre>
 */
final class View {
  /** Keys that are no character. */
  static final int UP = -10;

  static final int DOWN = -11;
  static final int PAGE_UP = -12;
  static final int PAGE_DOWN = -13;
  static final int ESCAPE = 27;

  private static final int FILTER_CHARS_MAX = 40;
  private static final int BACKSPACE = 8;
  private static final int DELETE = 127;

  private Column sort = Column.RATE;
  private boolean reversed;
  private boolean typing;
  private boolean quit;
  private int top;
  private final StringBuilder filter = new StringBuilder();

  /** Does what a key asks for; {@code page} is how many rows fit. */
  void key(int key, int page) {
    if (typing) {
      type(key);
      return;
    }
    switch (key) {
      case 'q', 'Q' -> quit = true;
      case '/' -> typing = true;
      case ESCAPE -> filter.setLength(0);
      case UP, 'k' -> top = Math.max(0, top - 1);
      case DOWN, 'j' -> top++;
      case PAGE_UP -> top = Math.max(0, top - page);
      case PAGE_DOWN, ' ' -> top += page;
      default -> sortBy(key);
    }
  }

  private void sortBy(int key) {
    for (Column column : Column.values()) {
      if (column.key != '\0' && column.key == key) {
        reversed = column == sort && !reversed;
        sort = column;
        top = 0;
      }
    }
  }

  private void type(int key) {
    switch (key) {
      case '\r', '\n' -> typing = false;
      case ESCAPE -> {
        typing = false;
        filter.setLength(0);
      }
      case BACKSPACE, DELETE -> filter.setLength(Math.max(0, filter.length() - 1));
      default -> {
        if (key >= ' ' && key <= '~' && filter.length() < FILTER_CHARS_MAX) {
          filter.append((char) key);
        }
      }
    }
    top = 0;
  }

  Column sort() {
    return sort;
  }

  boolean reversed() {
    return reversed;
  }

  boolean typing() {
    return typing;
  }

  boolean quit() {
    return quit;
  }

  String filter() {
    return filter.toString();
  }

  /** The first row shown, where there are {@code rows} and {@code page} fit. */
  int top(int rows, int page) {
    top = Math.clamp(top, 0, Math.max(0, rows - page));
    return top;
  }
}

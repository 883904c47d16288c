package io.weir.cli;

import io.weir.load.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the user gave for a command's options, read with the options' names in every complaint. */
final class Given {
  private final Options options;
  private final Map<String, List<String>> values = new HashMap<>();

  private final List<String> operands = new ArrayList<>();

  Given(Options options) {
    this.options = options;
  }

  void add(Options.Option option, String value) throws UsageException {
    List<String> all = values.computeIfAbsent(option.name(), _ -> new ArrayList<>());
    if (!all.isEmpty() && !option.repeatable()) {
      throw new UsageException(option.name() + " is given twice");
    }
    all.add(value);
  }

  /** A word that belongs to no option. */
  void operand(Options.Option which, String word) throws UsageException {
    if (!operands.isEmpty() && !which.repeatable()) {
      throw new UsageException(
          "'" + operands.getFirst() + "' and '" + word + "': give one " + which.name());
    }
    operands.add(word);
  }

  /** The word that belongs to no option, or null. */
  @Nullable String operand() {
    return operands.isEmpty() ? null : operands.getFirst();
  }

  /** All words that belong to no option. */
  List<String> operands() {
    return operands;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** The value given, or the default, or null where there is neither. */
  @Nullable String text(String name) {
    List<String> all = texts(name);
    return all.isEmpty() ? null : all.getFirst();
  }

  /** All values given, or the default alone. */
  List<String> texts(String name) {
    List<String> all = values.get(name);
    if (all != null) {
      return all;
    }
    Options.Option option = options.find(name);
    String preset = option == null ? null : option.preset();
    return preset == null ? List.of() : List.of(preset);
  }

  /** Milliseconds. */
  int millis(String name, int min) throws UsageException {
    return (int) number(name, Quantity::millis, min, Integer.MAX_VALUE, "1ms", "24 days");
  }

  /** Bytes, or a plain number. */
  long number(String name, Reader reader, long min, long max, String minText, String maxText)
      throws UsageException {
    String text = text(name);
    long value;
    try {
      value = reader.read(text == null ? "" : text);
    } catch (IllegalArgumentException e) {
      throw complaint(name, e);
    }
    if (value < min || value > max) {
      throw new UsageException(
          name + ": " + text + " is not between " + (min == 0 ? "0" : minText) + " and " + maxText);
    }
    return value;
  }

  int count(String name, int min, int max) throws UsageException {
    return (int)
        number(name, Quantity::count, min, max, Integer.toString(min), Integer.toString(max));
  }

  /** One of these words, in lower case. */
  String word(String name, String... words) throws UsageException {
    String text = text(name);
    String lower = text == null ? "" : text.toLowerCase(Locale.ROOT);
    for (String word : words) {
      if (word.equals(lower)) {
        return word;
      }
    }
    throw new UsageException(name + ": '" + text + "' is not one of " + String.join(", ", words));
  }

  static UsageException complaint(String name, IllegalArgumentException e) {
    return new UsageException(name + ": " + e.getMessage());
  }

  /** Reads a number from text. */
  interface Reader {
    long read(String text);
  }
}

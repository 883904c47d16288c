package io.weir.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command's options, in the order in which its help shows them; reads a command line by them.
 *
 * <p>Values come as {@code --name VALUE} or {@code --name=VALUE}. Small on purpose: it is on the
 * way to the first answer, and the class files of the usual library are too old for the AOT cache.
 */
final class Options {
  private static final int WIDTH_CHARS = 100;
  private static final int COLUMN_CHARS = 36;

  /** As many letters may be wrong for a name to be what was meant. */
  private static final int TYPOS_MAX = 2;

  private final String name;
  private final String synopsis;
  private final String[] description;
  private final List<Option> options = new ArrayList<>();
  private @Nullable Option operand;

  /**
   * One option.
   *
   * @param label of its value, null for a switch
   * @param preset its value if not given, or null
   */
  record Option(
      String name,
      @Nullable String label,
      @Nullable String preset,
      boolean repeatable,
      String description) {}

  Options(String name, String synopsis, String... description) {
    this.name = name;
    this.synopsis = synopsis;
    this.description = description;
  }

  String name() {
    return name;
  }

  /** One word that belongs to no option may be given. */
  Options operand(String label, String description) {
    operand = new Option(label, null, null, false, description);
    return this;
  }

  /** Words that belong to no option may be given. */
  Options operands(String label, String description) {
    operand = new Option(label, null, null, true, description);
    return this;
  }

  /** A switch. */
  Options flag(String option, String description) {
    options.add(new Option(option, null, null, false, description));
    return this;
  }

  /** With a value; without a default. */
  Options value(String option, String label, String description) {
    options.add(new Option(option, label, null, false, description));
    return this;
  }

  /** With a value, and what it is if not given. */
  Options value(String option, String label, String preset, String description) {
    String text = description + " (default: " + preset + ")";
    options.add(new Option(option, label, preset, false, text));
    return this;
  }

  /** With a value; may be given more than once. */
  Options values(String option, String label, String description) {
    options.add(new Option(option, label, null, true, description + " Repeatable."));
    return this;
  }

  /** The option of this name, or null. */
  @Nullable Option find(String option) {
    for (Option known : options) {
      if (known.name().equals(option)) {
        return known;
      }
    }
    return null;
  }

  /** Reads all but the first word, which is the command. */
  Given read(String... words) throws UsageException {
    Given given = new Given(this);
    int next = 1;
    while (next < words.length) {
      String word = words[next++];
      Option one = operand;
      if (one != null && !word.startsWith("-")) {
        given.operand(one, word);
        continue;
      }
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      Option option = option(equals < 0 ? word : word.substring(0, equals));
      if (option.label() == null) {
        if (equals >= 0) {
          throw new UsageException(option.name() + " takes no value");
        }
        given.add(option, "");
      } else if (equals >= 0) {
        given.add(option, word.substring(equals + 1));
      } else if (next < words.length && !words[next].startsWith("--")) {
        given.add(option, words[next++]);
      } else {
        throw new UsageException(option.name() + " needs a value: " + option.label());
      }
    }
    return given;
  }

  private Option option(String word) throws UsageException {
    Option option = find(word);
    if (option != null) {
      return option;
    }
    if (!word.startsWith("-")) {
      throw new UsageException("'" + word + "' belongs to no option");
    }
    Option near = nearest(word);
    throw new UsageException(
        "unknown option " + word + (near == null ? "" : "; is it " + near.name() + "?"));
  }

  private @Nullable Option nearest(String word) {
    Option near = null;
    int least = TYPOS_MAX + 1;
    for (Option option : options) {
      int typos = distance(word, option.name());
      if (typos < least) {
        least = typos;
        near = option;
      }
    }
    return near;
  }

  /** Letters to insert, remove or replace (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[b.length()];
  }

  /** The help. */
  String usage() {
    StringBuilder text = new StringBuilder(4096).append("Usage: ").append(synopsis).append('\n');
    for (String line : description) {
      text.append(line).append('\n');
    }
    text.append('\n');
    if (operand != null) {
      describe(text, operand);
    }
    for (Option option : options) {
      describe(text, option);
    }
    text.append("  --help").append(" ".repeat(COLUMN_CHARS - 8)).append("Show this text.\n");
    return text.toString();
  }

  private static void describe(StringBuilder text, Option option) {
    String left = "  " + option.name() + (option.label() == null ? "" : " " + option.label());
    text.append(left).append(" ".repeat(COLUMN_CHARS - left.length()));
    wrap(text, option.description());
  }

  private static void wrap(StringBuilder text, String words) {
    String rest = words;
    while (rest.length() > WIDTH_CHARS - COLUMN_CHARS) {
      int space = rest.lastIndexOf(' ', WIDTH_CHARS - COLUMN_CHARS);
      text.append(rest, 0, space).append('\n').append(" ".repeat(COLUMN_CHARS));
      rest = rest.substring(space + 1);
    }
    text.append(rest).append('\n');
  }
}

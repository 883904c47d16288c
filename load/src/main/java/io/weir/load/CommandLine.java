package io.weir.load;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of one command: {@code --name value} pairs and the words between them. */
final class CommandLine {
  /** The user's mistake; the text names the option and what would be right. */
  static final class WrongUsageException extends Exception {
    private static final long serialVersionUID = 1L;

    WrongUsageException(String message) {
      super(message);
    }
  }

  /** Reads a value, or throws IllegalArgumentException with what would be right. */
  @FunctionalInterface
  interface Reading {
    long read(String text);
  }

  private final Map<String, String> values = new HashMap<>();
  private @Nullable String word;

  /**
   * Splits arguments.
   *
   * @param names of the options that the command knows
   * @param wordMeans what its one word is, or empty if it takes none
   */
  CommandLine(List<String> arguments, List<String> names, String wordMeans)
      throws WrongUsageException {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (!argument.startsWith("--")) {
        if (wordMeans.isEmpty() || word != null) {
          throw new WrongUsageException("\"" + argument + "\" is one word too many");
        }
        word = argument;
      } else if (!names.contains(argument)) {
        throw new WrongUsageException(
            argument + " is no option of this command, which has " + String.join(", ", names));
      } else if (i + 1 == arguments.size()) {
        throw new WrongUsageException(argument + " needs a value behind it");
      } else {
        values.put(argument, arguments.get(++i));
      }
    }
    if (word == null && !wordMeans.isEmpty()) {
      throw new WrongUsageException(wordMeans + " is missing");
    }
  }

  String word() {
    return word == null ? "" : word;
  }

  long number(String name, long otherwise, long min, long max, Reading reading)
      throws WrongUsageException {
    String text = values.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = reading.read(text);
      if (value < min || value > max) {
        throw new WrongUsageException(name + " " + text + " is not in " + min + " to " + max);
      }
      return value;
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(name + " " + e.getMessage());
    }
  }

  InetSocketAddress address(String name, InetSocketAddress otherwise) throws WrongUsageException {
    String text = values.get(name);
    return text == null ? otherwise : address(name, text, -1);
  }

  Way way(String name, Way otherwise) throws WrongUsageException {
    String text = values.get(name);
    try {
      return text == null ? otherwise : Way.parse(text);
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(name + " " + e.getMessage());
    }
  }

  /**
   * Reads HOST:PORT.
   *
   * @param portOtherwise where the text has none, or -1 if it must have one
   */
  static InetSocketAddress address(String name, String text, int portOtherwise)
      throws WrongUsageException {
    int colon = text.lastIndexOf(':');
    if (colon < 0 && portOtherwise >= 0 && !text.isEmpty()) {
      return new InetSocketAddress(text, portOtherwise);
    }
    try {
      long port = colon < 0 ? -1 : Quantity.count(text.substring(colon + 1));
      if (colon > 0 && port >= 0 && port <= 65_535) {
        return new InetSocketAddress(text.substring(0, colon), (int) port);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new WrongUsageException(
        name + " \"" + text + "\" is not HOST:PORT such as 127.0.0.1:8080");
  }
}

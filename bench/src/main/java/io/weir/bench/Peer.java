package io.weir.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that can be compared.
 *
 * @param name on the command line
 * @param title for people
 * @param program on PATH, or a path
 * @param install how to get it where it is missing
 * @param versionOptions with which it prints its version
 * @param recipe how it is configured and started
 */
record Peer(
    String name,
    String title,
    String program,
    String install,
    List<String> versionOptions,
    Recipe recipe) {
  private static final long VERSION_SECONDS_MAX = 60;

  /** What a proxy is started with. */
  interface Recipe {
    /** The file that it is configured by: its name and text; null if options are all it needs. */
    @Nullable Configuration configuration(Site site);

    /** The command line behind the program's name. */
    List<String> options(Site site);

    /** Whether it can listen for this here. */
    default boolean serves(Entrance entrance) {
      return entrance == Entrance.HTTP;
    }

    /** Variables of its environment beside those that are there. */
    default Map<String, String> environment(Site site) {
      return Map.of();
    }
  }

  /** A configuration file in a proxy's folder. */
  record Configuration(String file, String text) {}

  /** Whether it is installed. */
  boolean installed() {
    return executable() != null;
  }

  private @Nullable Path executable() {
    if (program.indexOf('/') >= 0) {
      return Files.isExecutable(Path.of(program)) ? Path.of(program) : null;
    }
    String path = System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin";
    for (String folder : path.split(":", -1)) {
      Path file = Path.of(folder, program);
      if (!folder.isEmpty() && Files.isExecutable(file)) {
        return file;
      }
    }
    return null;
  }

  /** Writes its configuration; returns the command that starts it. */
  List<String> prepare(Site site) throws IOException {
    Configuration configuration = recipe.configuration(site);
    if (configuration != null) {
      Files.writeString(site.file(configuration.file()), configuration.text());
    }
    return command(site);
  }

  private List<String> command(Site site) {
    List<String> command = new ArrayList<>();
    Path executable = executable();
    command.add(executable == null ? program : executable.toString());
    command.addAll(recipe.options(site));
    return command;
  }

  /** The command and the configuration, for people. */
  String shown(Site site) {
    Configuration configuration = recipe.configuration(site);
    String command = "$ " + program + " " + String.join(" ", recipe.options(site)) + "\n";
    return configuration == null ? command : command + configuration.text();
  }

  /** The first line with a number of what it says its version is. */
  String version() throws IOException, InterruptedException {
    Path executable = executable();
    if (executable == null) {
      return "not installed";
    }
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(versionOptions);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said;
    try (var in = process.getInputStream()) {
      said = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (!process.waitFor(VERSION_SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    for (String line : said.split("\n", -1)) {
      if (line.chars().anyMatch(Character::isDigit)) {
        return line.strip();
      }
    }
    return "of an unknown version";
  }
}

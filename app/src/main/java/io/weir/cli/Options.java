package io.weir.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command's options, said in the order in which its help shows them. */
final class Options {
  private final CommandSpec spec = CommandSpec.create();

  Options(String name, String synopsis, String... description) {
    spec.name(name).mixinStandardHelpOptions(false);
    spec.usageMessage()
        .customSynopsis(synopsis)
        .description(description)
        .sortOptions(false)
        .width(100)
        .optionListHeading("%n");
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .order(1000)
            .description("Show this text.")
            .build());
  }

  CommandSpec spec() {
    return spec;
  }

  /** A switch. */
  Options flag(String name, String description) {
    spec.addOption(OptionSpec.builder(name).arity("0").description(description).build());
    return this;
  }

  /** With a value; without a default. */
  Options value(String name, String label, String description) {
    spec.addOption(value(name, label).description(description).build());
    return this;
  }

  /** With a value, and what it is if not given. */
  Options value(String name, String label, String preset, String description) {
    spec.addOption(
        value(name, label)
            .defaultValue(preset)
            .description(description + " (default: " + preset + ")")
            .build());
    return this;
  }

  /** With a value; may be given more than once. */
  Options values(String name, String label, String description) {
    spec.addOption(
        OptionSpec.builder(name)
            .paramLabel(label)
            .arity("1")
            .type(String[].class)
            .description(description + " Repeatable.")
            .build());
    return this;
  }

  private static OptionSpec.Builder value(String name, String label) {
    return OptionSpec.builder(name).paramLabel(label).arity("1").type(String.class);
  }
}

package io.llmproxy;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/**
 * One command of the server's program. Declared by calls and not by annotations, whose reading would be a third of the time
 * that a start takes.
 */
interface ServerCommand {
    /** What the command line may say. */
    CommandSpec spec();

    /** Runs it; the exit code, or {@link Main#STAY}. */
    int run(ParseResult line) throws Exception;

    /** A command of that name with {@code --help}. */
    static CommandSpec named(String name, String description, String... examples) {
        CommandSpec spec = CommandSpec.create().name(name);
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help.")
                .build());
        UsageMessageSpec usage = spec.usageMessage();
        usage.description(description).sortOptions(false);
        if (examples.length > 0) {
            usage.footerHeading("%nExamples:%n").footer(examples);
        }
        return spec;
    }

    /** An option with one text. */
    static OptionSpec option(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .type(String.class)
                .description(description)
                .build();
    }

    /** An option that may be repeated. */
    static OptionSpec options(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .type(String[].class)
                .description(description)
                .build();
    }
}

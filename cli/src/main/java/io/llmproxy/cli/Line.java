package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The parsed command line: the command, and the options wherever they stood. */
final class Line {
    /** The word by which an option clears a value. */
    static final String NONE = "none";

    private final List<ParseResult> innermostFirst = new ArrayList<>();

    Line(ParseResult root) {
        for (ParseResult r = root; r != null; r = r.hasSubcommand() ? r.subcommand() : null) {
            innermostFirst.add(0, r);
        }
    }

    ParseResult command() {
        return innermostFirst.get(0);
    }

    /** Where an option may stand: a global one anywhere, one of the command, whatever its name, behind that alone. */
    private List<ParseResult> levels(String name) {
        OptionSpec own = command().commandSpec().findOption(name);
        return own == null || GlobalOptions.global(own) ? innermostFirst : List.of(command());
    }

    boolean has(String name) {
        return levels(name).stream().anyMatch(r -> r.hasMatchedOption(name));
    }

    boolean flag(String name) {
        return has(name);
    }

    @Nullable
    String option(String name) {
        for (ParseResult r : levels(name)) {
            if (r.hasMatchedOption(name)) {
                return checked(r.matchedOption(name), r.matchedOption(name).getValue());
            }
        }
        return null;
    }

    private static String checked(OptionSpec option, String value) {
        if (option.completionCandidates() != null) {
            List<String> words = new ArrayList<>();
            option.completionCandidates().forEach(words::add);
            if (!words.contains(value)) {
                throw CliException.usage(
                        option.longestName() + ": '" + value + "' is none of " + String.join(", ", words));
            }
        }
        return value;
    }

    /** The values of a repeatable option, those with commas taken apart; empty also for {@code none}. */
    List<String> values(String name) {
        List<String> all = new ArrayList<>();
        for (String value : raw(name)) {
            for (String part : value.split(",", -1)) {
                if (part.isBlank()) {
                    throw CliException.usage(name + ": an empty value in '" + value + "'; none clears the list");
                }
                all.add(part.strip());
            }
        }
        if (all.contains(NONE) && all.size() > 1) {
            throw CliException.usage(name + ": none stands alone");
        }
        return all.contains(NONE) ? List.of() : all;
    }

    /** The values of a repeatable option as they are. */
    List<String> raw(String name) {
        ParseResult command = command();
        List<String> values =
                command.hasMatchedOption(name) ? command.matchedOption(name).getValue() : null;
        return values == null ? Collections.emptyList() : values;
    }

    @Nullable
    String optionalArgument() {
        return command().hasMatchedPositional(0)
                ? command().matchedPositional(0).getValue()
                : null;
    }

    /** Before a server is asked for anything. */
    void requireArgument() {
        boolean wanted = command().commandSpec().positionalParameters().stream()
                .anyMatch(p -> p.arity().min() > 0);
        if (wanted && optionalArgument() == null) {
            throw CliException.usage(missing());
        }
    }

    private String missing() {
        CommandSpec spec = command().commandSpec();
        String label = spec.positionalParameters().get(0).paramLabel();
        return label + " is missing\nsee " + spec.qualifiedName() + " --help";
    }

    String argument() {
        String value = optionalArgument();
        if (value == null) {
            throw CliException.usage(missing());
        }
        return value;
    }
}

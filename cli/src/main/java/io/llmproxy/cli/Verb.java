package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * One command: what it takes, what it says of itself, and what it does. Commands are declared by calls and not by annotations, so
 * that a run pays for the commands on its line alone, and for no reflection.
 */
final class Verb {
    /** What a command does; the exit code is the one of the exception, or the one returned. */
    @FunctionalInterface
    interface Action {
        ExitCode run(Context context);
    }

    private final CommandSpec spec;

    private Verb(String name, String description, Action action) {
        spec = CommandSpec.wrapWithoutInspection(action).name(name);
        spec.usageMessage().description(description);
    }

    static Verb of(String name, String description, Action action) {
        return new Verb(name, description, action);
    }

    Verb argument(String label, String description) {
        return positional(label, description, "1");
    }

    /** An argument that is one of a few words. */
    Verb choice(String label, String description, String... words) {
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel(label)
                .description(description)
                .index(Integer.toString(spec.positionalParameters().size()))
                .arity("1")
                .type(String.class)
                .completionCandidates(List.of(words))
                .build());
        return this;
    }

    Verb optionalArgument(String label, String description) {
        return positional(label, description, "0..1");
    }

    private Verb positional(String label, String description, String arity) {
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel(label)
                .description(description)
                .index(Integer.toString(spec.positionalParameters().size()))
                .arity(arity)
                .type(String.class)
                .build());
        return this;
    }

    Verb option(String name, String label, String description) {
        spec.addOption(valued(name, label, description).type(String.class).build());
        return this;
    }

    /** May be repeated; each value may be several, with commas between them. */
    Verb list(String name, String label, String description) {
        spec.addOption(valued(name, label, description)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .build());
        return this;
    }

    Verb oneOf(String name, String label, String description, String... words) {
        spec.addOption(valued(name, label, description + ": " + String.join(", ", words))
                .type(String.class)
                .completionCandidates(List.of(words))
                .build());
        return this;
    }

    Verb flag(String name, String description) {
        spec.addOption(GlobalOptions.flag(description, name));
        return this;
    }

    /** Whole command lines. */
    Verb example(String... lines) {
        List<String> all = new ArrayList<>(List.of(spec.usageMessage().footer()));
        all.addAll(Arrays.asList(lines));
        spec.usageMessage().footer(all.toArray(String[]::new));
        return this;
    }

    String name() {
        return spec.name();
    }

    CommandSpec spec() {
        GlobalOptions.addTo(spec);
        return spec;
    }

    /** Without the global options where the line does not name it: they are most of what a run would build. */
    CommandSpec spec(Collection<String> words) {
        return words.contains(spec.name()) ? spec() : spec;
    }

    private static OptionSpec.Builder valued(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .description(description)
                .arity("1");
    }
}

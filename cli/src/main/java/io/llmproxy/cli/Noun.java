package io.llmproxy.cli;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/** A kind of thing and what can be done with it; its verbs are made only where the line may need them. */
record Noun(String name, String description, Supplier<List<Verb>> verbs, List<String> aliases) {
    Noun(String name, String description, Supplier<List<Verb>> verbs) {
        this(name, description, verbs, List.of());
    }

    boolean named(Collection<String> words) {
        return words.contains(name) || aliases.stream().anyMatch(words::contains);
    }

    CommandSpec spec(boolean whole) {
        CommandSpec spec = CommandSpec.create().name(name).aliases(aliases.toArray(String[]::new));
        spec.usageMessage()
                .description(description)
                .footer("llmproxyctl " + name + " " + first(), "llmproxyctl " + name + " " + first() + " --help");
        if (whole) {
            GlobalOptions.addTo(spec);
            for (Verb verb : verbs.get()) {
                CommandSpec child = verb.spec();
                spec.addSubcommand(child.name(), child);
            }
        }
        return spec;
    }

    private String first() {
        return switch (name) {
            case "usage" -> "report";
            case "ledger" -> "check";
            case "log" -> "level";
            case "config" -> "show";
            case "tls" -> "show";
            case "prove" -> "limits";
            default -> "list";
        };
    }
}

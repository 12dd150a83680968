package io.llmproxy.cli;

import java.util.StringJoiner;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Completion of commands and options for bash, zsh and fish, made from the commands themselves. */
final class CompletionScript {
    private static final String NAME = "llmproxyctl";

    private CompletionScript() {}

    static ExitCode print(Context c) {
        String shell = c.line().argument();
        c.output().stream()
                .print(
                        switch (shell) {
                            case "bash" -> AutoComplete.bash(NAME, CommandTree.whole());
                            case "zsh" -> zsh();
                            case "fish" -> fish();
                            default ->
                                throw CliException.usage(
                                        "no completion for '" + shell + "'; there is one for bash, zsh, fish");
                        });
        return ExitCode.DONE;
    }

    /** zsh runs the script for bash through its own bashcompinit. */
    private static String zsh() {
        return """
                #compdef llmproxyctl
                autoload -Uz compinit bashcompinit
                typeset -f compdef > /dev/null || compinit
                typeset -f complete > /dev/null || bashcompinit
                """ + AutoComplete.bash(NAME, CommandTree.whole());
    }

    private static String fish() {
        StringBuilder out = new StringBuilder("complete -c " + NAME + " -f\n");
        CommandSpec root = CommandTree.whole().getCommandSpec();
        root.options().forEach(option -> fishOption(out, "", option));
        String nouns = names(root);
        for (CommandLine child : root.subcommands().values()) {
            CommandSpec noun = child.getCommandSpec();
            fishCommand(out, "not __fish_seen_subcommand_from " + nouns, noun);
            fishVerbs(out, noun);
        }
        for (String shell : new String[] {"bash", "zsh", "fish"}) {
            out.append("complete -c " + NAME + " -n '__fish_seen_subcommand_from completion' -a " + shell + "\n");
        }
        return out.toString();
    }

    private static void fishVerbs(StringBuilder out, CommandSpec noun) {
        String seen = "__fish_seen_subcommand_from " + noun.name();
        for (CommandLine child : noun.subcommands().values()) {
            CommandSpec verb = child.getCommandSpec();
            fishCommand(out, seen + "; and not __fish_seen_subcommand_from " + names(noun), verb);
            for (OptionSpec option : verb.options()) {
                if (!GlobalOptions.global(option)) {
                    fishOption(out, seen + "; and __fish_seen_subcommand_from " + verb.name(), option);
                }
            }
        }
    }

    private static void fishCommand(StringBuilder out, String when, CommandSpec spec) {
        String description = String.join(" ", spec.usageMessage().description());
        out.append(
                "complete -c " + NAME + " -n '" + when + "' -a " + spec.name() + " -d " + quoted(description) + "\n");
    }

    private static void fishOption(StringBuilder out, String when, OptionSpec option) {
        out.append("complete -c " + NAME).append(when.isEmpty() ? "" : " -n '" + when + "'");
        for (String name : option.names()) {
            out.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        out.append(option.arity().max() > 0 ? " -r" : "");
        out.append(option.paramLabel().equals("FILE") || option.paramLabel().equals("PATH") ? " -F" : "");
        if (option.completionCandidates() != null) {
            StringJoiner words = new StringJoiner(" ");
            option.completionCandidates().forEach(words::add);
            out.append(" -a '").append(words).append('\'');
        }
        out.append(" -d ")
                .append(quoted(String.join(" ", option.description())))
                .append('\n');
    }

    private static String names(CommandSpec spec) {
        return String.join(" ", spec.subcommands().keySet());
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}

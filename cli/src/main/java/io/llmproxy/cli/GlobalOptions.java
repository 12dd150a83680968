package io.llmproxy.cli;

import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options that every command takes, so that they may stand anywhere on the line. */
final class GlobalOptions {
    static final String SOCKET = "--socket";
    static final String URL = "--url";
    static final String TOKEN_FILE = "--token-file";
    static final String SERVER_CA_FILE = "--server-ca-file";
    static final String TENANT = "--tenant";
    static final String OUTPUT = "--output";
    /** The short name of the same, for the commands that have an {@code --output} of their own. */
    static final String FORMAT = "-o";

    static final String QUIET = "--quiet";
    static final String NO_COLOR = "--no-color";
    static final String YES = "--yes";
    static final String HELP = "--help";

    static final Set<String> NAMES =
            Set.of(SOCKET, URL, TOKEN_FILE, SERVER_CA_FILE, TENANT, OUTPUT, QUIET, NO_COLOR, YES, HELP);

    private GlobalOptions() {}

    static void addTo(CommandSpec spec) {
        spec.addOption(valued("PATH", "the server's admin socket", SOCKET));
        spec.addOption(valued("URL", "the server's admin listener, instead of a socket (or LLMPROXY_URL)", URL));
        spec.addOption(valued("FILE", "the file with the token for --url", TOKEN_FILE));
        spec.addOption(valued(
                "FILE", "the authorities of the certificate at --url, in PEM, instead of Java's", SERVER_CA_FILE));
        spec.addOption(valued("SLUG", "the tenant (or LLMPROXY_TENANT)", "-t", TENANT));
        List<String> formats = Format.words();
        // a price has an output too
        spec.addOption(
                (spec.findOption(OUTPUT) == null ? OptionSpec.builder(FORMAT, OUTPUT) : OptionSpec.builder(FORMAT))
                        .paramLabel("FORMAT")
                        .description(String.join(", ", formats))
                        .arity("1")
                        .type(String.class)
                        .completionCandidates(formats)
                        .build());
        spec.addOption(flag("print only the value that a script wants: the id, the key's secret", "-q", QUIET));
        spec.addOption(flag("no colours (or NO_COLOR)", NO_COLOR));
        spec.addOption(flag("do not ask before something is destroyed", YES));
        spec.addOption(OptionSpec.builder("-h", HELP)
                .usageHelp(true)
                .arity("0")
                .type(boolean.class)
                .description("this help")
                .build());
    }

    /** Whether it is one of these, and not a command's own of the same name. */
    static boolean global(OptionSpec option) {
        String name = option.longestName();
        return name.equals(OUTPUT)
                ? List.of(option.names()).contains(FORMAT)
                : name.equals(FORMAT) || NAMES.contains(name);
    }

    static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(
                        names[0], List.of(names).subList(1, names.length).toArray(String[]::new))
                .arity("0")
                .type(boolean.class)
                .description(description)
                .build();
    }

    private static OptionSpec valued(String label, String description, String... names) {
        return OptionSpec.builder(
                        names[0], List.of(names).subList(1, names.length).toArray(String[]::new))
                .paramLabel(label)
                .description(description)
                .arity("1")
                .type(String.class)
                .build();
    }
}

package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What {@code --help} prints. */
final class HelpText {
    /** One line of a section. */
    private record Row(String left, String right) {}

    private final CommandSpec spec;
    private final StringBuilder out = new StringBuilder();

    private HelpText(CommandSpec spec) {
        this.spec = spec;
    }

    static String of(CommandSpec spec) {
        return new HelpText(spec).text();
    }

    private String text() {
        out.append(String.join("\n", spec.usageMessage().description())).append("\n\n");
        section("USAGE", List.of(new Row(spec.qualifiedName() + synopsis(), "")));
        section("COMMANDS", commands());
        section("ARGUMENTS", arguments());
        section("OPTIONS", options(false));
        section("GLOBAL OPTIONS (anywhere on the line)", options(true));
        if (spec.parent() == null) {
            section("EXIT CODES", exitCodes());
            out.append("""
                    THE SERVER
                      --socket, LLMPROXY_SOCKET, /run/llmproxy/TENANT/admin.sock, /run/llmproxy/_all/admin.sock,
                      ./llmproxy-data/admin.sock, in this order; or --url, LLMPROXY_URL.

                    """);
        }
        out.append("EXAMPLES\n");
        for (String line : spec.usageMessage().footer()) {
            out.append("  ").append(line).append('\n');
        }
        return out.toString();
    }

    private String synopsis() {
        StringBuilder text = new StringBuilder();
        if (!spec.subcommands().isEmpty()) {
            return spec.parent() == null ? " [OPTIONS] NOUN VERB [ARGS]" : " VERB [ARGS]";
        }
        for (PositionalParamSpec argument : spec.positionalParameters()) {
            boolean optional = argument.arity().min() == 0;
            text.append(optional ? " [" + argument.paramLabel() + "]" : " " + argument.paramLabel());
        }
        return text.append(options(false).isEmpty() ? "" : " [OPTIONS]").toString();
    }

    private List<Row> commands() {
        List<Row> rows = new ArrayList<>();
        // one that has another name too is there under each
        for (CommandLine child : new LinkedHashSet<>(spec.subcommands().values())) {
            CommandSpec childSpec = child.getCommandSpec();
            rows.add(new Row(
                    childSpec.name(), String.join(" ", childSpec.usageMessage().description())));
        }
        return rows;
    }

    private List<Row> arguments() {
        List<Row> rows = new ArrayList<>();
        for (PositionalParamSpec argument : spec.positionalParameters()) {
            rows.add(new Row(argument.paramLabel(), String.join(" ", argument.description())));
        }
        return rows;
    }

    private List<Row> options(boolean global) {
        List<Row> rows = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            if (GlobalOptions.global(option) == global) {
                boolean valued = option.arity().max() > 0;
                String names = String.join(", ", option.names()) + (valued ? " " + option.paramLabel() : "");
                rows.add(new Row(names, String.join(" ", option.description())));
            }
        }
        return rows;
    }

    private static List<Row> exitCodes() {
        List<Row> rows = new ArrayList<>();
        for (ExitCode code : ExitCode.values()) {
            rows.add(new Row(Integer.toString(code.number()), code.meaning()));
        }
        return rows;
    }

    private void section(String title, List<Row> rows) {
        if (rows.isEmpty()) {
            return;
        }
        int width = rows.stream().mapToInt(row -> row.left().length()).max().orElse(0);
        out.append(title.toUpperCase(Locale.ROOT)).append('\n');
        for (Row row : rows) {
            String line = "  " + row.left() + " ".repeat(width - row.left().length() + 2) + row.right();
            out.append(line.stripTrailing()).append('\n');
        }
        out.append('\n');
    }
}

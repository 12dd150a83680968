package io.llmproxy.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Prints aligned columns, two spaces apart. */
final class Table {
    private static final String GAP = "  ";
    private static final int NARROWEST = 8;

    private final List<Column> columns;
    private final Terminal terminal;
    private final int[] widths;

    Table(List<Column> columns, Terminal terminal) {
        this.columns = columns;
        this.terminal = terminal;
        this.widths = columns.stream().mapToInt(c -> Text.width(c.title())).toArray();
    }

    /** Makes the columns as wide as these cells want them. */
    void fit(List<List<String>> rows) {
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], Text.width(row.get(i)));
            }
        }
        narrow();
    }

    /** Takes from the widest columns what the terminal has no room for. */
    private void narrow() {
        if (!terminal.present() || terminal.columns() == 0) {
            return;
        }
        int excess = GAP.length() * (widths.length - 1) - terminal.columns();
        for (int width : widths) {
            excess += width;
        }
        while (excess > 0) {
            int widest = widest();
            if (widths[widest] <= NARROWEST) {
                return;
            }
            widths[widest]--;
            excess--;
        }
    }

    private int widest() {
        int widest = 0;
        for (int i = 1; i < widths.length; i++) {
            widest = widths[i] > widths[widest] && !columns.get(i).right() ? i : widest;
        }
        return widest;
    }

    void header(PrintStream out) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            cell(text, i, columns.get(i).title().toUpperCase(Locale.ROOT), "");
        }
        out.println(text.toString().stripTrailing());
    }

    void row(PrintStream out, List<String> cells) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            cell(text, i, cells.get(i), columns.get(i).kind() == Column.Kind.STATUS ? colour(cells.get(i)) : "");
        }
        out.println(text.toString().stripTrailing());
    }

    private void cell(StringBuilder out, int i, String content, String colour) {
        boolean cut = terminal.present() && terminal.columns() > 0;
        String text = cut ? Text.shortened(content, widths[i]) : content;
        int padding = Math.max(0, widths[i] - Text.width(text));
        out.append(i == 0 ? "" : GAP).repeat(" ", columns.get(i).right() ? padding : 0);
        out.append(colour).append(text).append(colour.isEmpty() ? "" : "\u001b[0m");
        out.repeat(" ", columns.get(i).right() ? 0 : padding);
    }

    private String colour(String word) {
        return colour(word, terminal);
    }

    /** The escape that begins the colour of a status, or nothing. */
    static String colour(String word, Terminal terminal) {
        if (!terminal.colour()) {
            return "";
        }
        return switch (word) {
            case "active", "enabled", "ok", "ready", "200" -> "\u001b[32m";
            case "suspended", "disabled", "expired" -> "\u001b[33m";
            case "revoked", "unhealthy", "failed" -> "\u001b[31m";
            default -> "";
        };
    }
}

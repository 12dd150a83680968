package io.llmproxy.cli;

import java.io.PrintStream;
import java.util.List;

/** A report in Markdown, its plots made of characters. */
record MarkdownPage(PrintStream out) implements ReportPage {
    private static final int WIDTH = 40;

    @Override
    public void begin(String title, String note) {
        out.print("# " + text(title) + "\n\n" + text(note) + "\n");
    }

    @Override
    public void section(String title) {
        out.print("\n## " + text(title) + "\n");
    }

    @Override
    public void table(String title, String first, List<Row> rows) {
        if (rows.isEmpty()) {
            return;
        }
        out.print("\n### " + text(title) + "\n\n| " + first + " | " + String.join(" | ", TITLES) + " |\n|---"
                + "|---:".repeat(TITLES.size()) + "|\n");
        rows.forEach(
                row -> out.print("| " + text(row.name()) + " | " + String.join(" | ", ReportPage.cells(row)) + " |\n"));
    }

    @Override
    public void plot(String title, List<Point> points) {
        out.print("\n### " + text(title) + "\n\n```\n");
        for (Point point : points) {
            int full = (int) Math.round(WIDTH * ReportPage.share(point, points));
            out.print(point.day() + "  " + "█".repeat(full) + " ".repeat(WIDTH - full) + "  "
                    + ReportPage.usd(point.value()).replaceAll("\\.00$", "") + "\n");
        }
        out.print("```\n");
    }

    @Override
    public void end() {}

    /** Names of models come from strangers. */
    private static String text(String raw) {
        StringBuilder out = new StringBuilder();
        for (char c : Text.printable(raw).toCharArray()) {
            out.append("\\`*_[]<>|#&!".indexOf(c) >= 0 ? "\\" + c : String.valueOf(c));
        }
        return out.toString();
    }
}

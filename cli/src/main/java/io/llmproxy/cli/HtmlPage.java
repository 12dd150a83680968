package io.llmproxy.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** A report in one HTML file: no script, nothing from elsewhere, plots as SVG with a title for each bar; prints well. */
record HtmlPage(PrintStream out) implements ReportPage {
    private static final int BAR = 18;
    private static final int HEIGHT = 120;
    private static final int LEFT = 8;

    @Override
    public void begin(String title, String note) {
        out.print("""
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
                <meta name="viewport" content="width=device-width">
                <title>%s</title>
                <style>
                body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
                h1 { font-size: 1.7rem } h2 { margin-top: 2.5rem; border-bottom: 2px solid #d8dee6 } h3 { margin: 1.5rem 0 .4rem; font-size: 1rem }
                table { border-collapse: collapse; width: 100%% } th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e6eaef }
                th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere } th { background: #f4f6f9 }
                svg { width: 100%%; height: auto } .bar { fill: #2f6fb2 } .axis { stroke: #9aa5b1 } text { font-size: 10px; fill: #4a5665 }
                .note { color: #4a5665 } @media print { h2 { break-before: page } }
                </style></head><body>
                <h1>%s</h1><p class="note">%s</p>
                """.formatted(text(title), text(title), text(note)));
    }

    @Override
    public void section(String title) {
        out.print("<h2>" + text(title) + "</h2>\n");
    }

    @Override
    public void table(String title, String first, List<Row> rows) {
        if (rows.isEmpty()) {
            return;
        }
        out.print("<h3>" + text(title) + "</h3>\n<table><thead><tr><th>" + text(first) + "</th>");
        TITLES.forEach(t -> out.print("<th>" + text(t) + "</th>"));
        out.print("</tr></thead><tbody>\n");
        for (Row row : rows) {
            out.print("<tr><td>" + text(row.name()) + "</td>");
            ReportPage.cells(row).forEach(cell -> out.print("<td>" + text(cell) + "</td>"));
            out.print("</tr>\n");
        }
        out.print("</tbody></table>\n");
    }

    @Override
    public void plot(String title, List<Point> points) {
        int width = 2 * LEFT + BAR * points.size();
        out.print("<h3>" + text(title) + "</h3>\n<svg role=\"img\" aria-label=\"" + text(title) + "\" viewBox=\"0 0 "
                + width + " " + (HEIGHT + 34) + "\">\n");
        for (int i = 0; i < points.size(); i++) {
            bar(points.get(i), i, points);
        }
        out.print("<line class=\"axis\" x1=\"" + LEFT + "\" y1=\"" + (HEIGHT + 16) + "\" x2=\"" + (width - LEFT)
                + "\" y2=\"" + (HEIGHT + 16) + "\"/>\n</svg>\n");
    }

    private void bar(Point point, int i, List<Point> points) {
        double height = HEIGHT * ReportPage.share(point, points);
        int x = LEFT + BAR * i;
        String value = ReportPage.usd(point.value()).replaceAll("\\.00$", "");
        out.print(String.format(
                Locale.ROOT,
                "<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"><title>%s: %s</title></rect>"
                        + "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
                x + 2,
                HEIGHT + 16 - height,
                BAR - 4,
                height,
                text(point.day()),
                text(value),
                x + BAR / 2,
                HEIGHT + 29,
                i + 1));
        if (height == HEIGHT) {
            out.print("<text x=\"" + (x + BAR / 2) + "\" y=\"11\" text-anchor=\"middle\">" + text(value) + "</text>\n");
        }
    }

    @Override
    public void end() {
        out.print("</body></html>\n");
    }

    /** Names of models come from strangers. */
    private static String text(String raw) {
        StringBuilder out = new StringBuilder();
        for (char c : Text.printable(raw).toCharArray()) {
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}

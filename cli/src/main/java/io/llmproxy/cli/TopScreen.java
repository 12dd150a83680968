package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One picture of {@code top}, as lines that fit the terminal. */
record TopScreen(int columns, int rows, boolean colour) {
    private static final String HEAD = String.format(
            Locale.ROOT,
            "%-20s %5s %8s %7s %8s %8s %8s %9s %9s  %s",
            "",
            "RUN",
            "REQ/S",
            "ERR/S",
            "P50 MS",
            "P99 MS",
            "TTFT MS",
            "TOK/S",
            "USD/H",
            "STATE");
    private static final int NAME = 20;

    List<String> lines(JsonNode live, String trouble) {
        List<String> out = new ArrayList<>();
        JsonNode all = live.path("all");
        String time = Json.text(live.path("at"));
        out.add(bold("llmproxy top  " + (time.length() >= 19 ? time.substring(11, 19) + " UTC" : "") + "  " + of(live)
                + "  q: quit"));
        if (!trouble.isEmpty()) {
            out.add(red(trouble));
        }
        out.add("");
        out.add(bold(HEAD));
        out.add(row("all", all));
        int room = rows - out.size() - 1;
        JsonNode limits = live.path("limits");
        JsonNode problems = live.path("problems");
        int below = Math.min(limits.size(), 5) + Math.min(problems.size(), 4) + 4;
        int each = Math.max(1, (room - below - 6) / 3);
        section(out, "TENANTS", live.path("tenants"), each);
        section(out, "PROVIDERS", live.path("providers"), each);
        section(out, "MODELS", live.path("models"), each);
        limits(out, limits);
        if (!problems.isEmpty()) {
            out.add(bold("PROBLEMS"));
            problems.values().forEach(p -> out.add(red("  ! " + Json.text(p))));
        }
        return out.stream().limit(Math.max(1, rows)).map(this::fitted).toList();
    }

    private static String of(JsonNode live) {
        int seconds = live.path("seconds").asInt(0);
        return seconds == 0 ? "counting begins" : "of the last " + seconds + " s";
    }

    private void section(List<String> out, String title, JsonNode lines, int most) {
        if (lines.isEmpty()) {
            return;
        }
        out.add("");
        out.add(bold(title + (lines.size() > most ? " (" + most + " of " + lines.size() + ")" : "")));
        lines.values().stream().limit(most).forEach(l -> out.add(row(Json.text(l.path("name")), l)));
    }

    private String row(String name, JsonNode l) {
        String state = Json.text(l.path("state"));
        String shortName = Text.shortened(Text.printable(name), NAME);
        String text = shortName
                + " ".repeat(Math.max(0, NAME - Text.width(shortName)))
                + String.format(
                        Locale.ROOT,
                        " %5s %8s %7s %8s %8s %8s %9s %9s  %s",
                        Json.text(l.path("running")),
                        number(l, "requestsPerSecond"),
                        number(l, "errorsPerSecond"),
                        number(l, "p50Ms"),
                        number(l, "p99Ms"),
                        number(l, "ttftP50Ms"),
                        brief(l.path("inputTokensPerSecond").asDouble(0)
                                + l.path("outputTokensPerSecond").asDouble(0)),
                        usd(l),
                        Text.printable(state));
        boolean wrong = !state.isEmpty() && !state.equals("ok")
                || l.path("errorsPerSecond").asDouble(0) > 0;
        return wrong ? red(text) : text;
    }

    private void limits(List<String> out, JsonNode limits) {
        if (limits.isEmpty()) {
            return;
        }
        out.add("");
        out.add(bold("LIMITS NEAREST TO THEIR END"));
        limits.values().stream().limit(5).forEach(l -> {
            double percent = l.path("percent").asDouble(0);
            String who = Json.text(l.path("scope")) + " " + Json.text(l.path("subject"));
            String per = Json.text(l.path("per"));
            String text = String.format(
                    Locale.ROOT,
                    "%5.1f %% %s  %s of %s %s%s",
                    percent,
                    bar(percent),
                    Json.text(l.path("used")),
                    Json.text(l.path("amount")),
                    Json.text(l.path("metric")),
                    per.isEmpty() ? "" : " per " + per);
            String tenant = Json.text(l.path("tenant"));
            text += "  " + Text.printable(who + (tenant.isEmpty() ? "" : " (" + tenant + ")"));
            out.add(percent >= 90 ? red(text) : text);
        });
    }

    private static String bar(double percent) {
        int full = (int) Math.round(Math.max(0, Math.min(100, percent)) / 10);
        return "#".repeat(full) + "-".repeat(10 - full);
    }

    private static String number(JsonNode l, String field) {
        return Json.absent(l.path(field)) ? "-" : brief(l.path(field).asDouble(0));
    }

    private static String usd(JsonNode l) {
        try {
            double usd = Double.parseDouble(Json.text(l.path("costPerHour")));
            return usd == 0 ? "0" : String.format(Locale.ROOT, usd < 10 ? "%.4f" : "%.2f", usd);
        } catch (NumberFormatException e) {
            return "-";
        }
    }

    private static String brief(double value) {
        if (value >= 1_000_000) {
            return String.format(Locale.ROOT, "%.1fM", value / 1_000_000);
        }
        if (value >= 100_000) {
            return String.format(Locale.ROOT, "%.0fk", value / 1000);
        }
        return value == Math.rint(value) || value >= 100
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.1f", value);
    }

    private String bold(String text) {
        return colour ? "\u001b[1m" + Text.shortened(Text.printable(text), columns) + "\u001b[0m" : text;
    }

    private String red(String text) {
        return colour ? "\u001b[31m" + Text.shortened(Text.printable(text), columns) + "\u001b[0m" : text;
    }

    /** Coloured lines were cut before their colour. */
    private String fitted(String line) {
        return line.startsWith("\u001b[") ? line : Text.shortened(Text.printable(line), columns);
    }

    /** The figures of all requests, for a line. */
    static ObjectNode line(JsonNode live) {
        ObjectNode line = Json.object();
        line.set("at", live.path("at"));
        live.path("all").properties().forEach(field -> line.set(field.getKey(), field.getValue()));
        return line.put("problems", live.path("problems").size());
    }
}

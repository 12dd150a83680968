package io.llmproxy.cli;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl prove …}. */
final class ProveCommands {
    /** The server gives up sending after two minutes; what runs then may take its time. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final View LIMITS = new View(
            "metric",
            Column.text("scope", "scope"),
            Column.text("metric", "metric"),
            Column.text("per", "period"),
            Column.number("limit", "limit"),
            Column.number("peak", "peak"),
            Column.number("granted", "granted"),
            Column.number("used", "used"),
            Column.number("overrun", "overrun"),
            Column.number("refused", "refused"),
            Column.text("holds", "holds"),
            Column.text("algorithm", "algorithm"),
            Column.number("refill", "refill"));

    private ProveCommands() {}

    static List<Verb> verbs() {
        return List.of(Verb.of(
                        "limits",
                        "Proves under load that limits hold, in a sandbox of the running server: exit 0, else 1.",
                        ProveCommands::limits)
                .option(
                        "--requests",
                        "N",
                        "how many requests to send, more where a limit is not used up by them; default 20000")
                .option("--parallel", "N", "how many clients send them at one time, 2 at least; default 1000")
                .oneOf(
                        "--algorithm",
                        "ALGORITHM",
                        "prove limits of this one alone, fixed-window with concurrency; default all",
                        "token-bucket",
                        "fixed-window",
                        "sliding-window")
                .example(
                        "llmproxyctl prove limits",
                        "llmproxyctl prove limits --algorithm token-bucket",
                        "llmproxyctl prove limits --requests 100000 --parallel 2000 -o json"));
    }

    private static ExitCode limits(Context c) {
        Fields fields = new Fields(c.line())
                .integer("requests", "--requests")
                .integer("parallel", "--parallel")
                .text("algorithm", "--algorithm");
        JsonNode report =
                new AdminClient(c.client().endpoint(), PATIENCE).post(ApiPath.of("prove", "limits"), fields.body());
        Verdict verdict = Verdict.of(report);
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(verdict.word);
        } else if (c.output().format() == Format.JSON || c.output().format() == Format.YAML) {
            c.output().one(report, LIMITS);
        } else {
            c.output().list(report.path("limits").values(), LIMITS);
            c.note(summary(report, verdict));
        }
        if (verdict != Verdict.HOLDS) {
            throw new CliException(ExitCode.REFUSED, verdict.meaning);
        }
        return ExitCode.DONE;
    }

    /** What a report says. */
    private enum Verdict {
        HOLDS("holds", ""),
        BROKEN(
                "broken",
                "limits do not hold: peak must not pass limit (and overrun, and refill), and used must be what was granted (of"
                        + " token buckets: at least that without refill)"),
        UNPROVEN(
                "unproven",
                "nothing was proven of limits that refused nobody, since they were not used up, or where no request was"
                        + " answered; try fewer --requests, and see the server's log and status");

        private final String word;
        private final String meaning;

        Verdict(String word, String meaning) {
            this.word = word;
            this.meaning = meaning;
        }

        static Verdict of(JsonNode report) {
            if (report.path("holds").asBoolean(false)) {
                return HOLDS;
            }
            boolean broken = report.path("limits")
                    .valueStream()
                    .anyMatch(limit -> !limit.path("holds").asBoolean(false));
            return broken ? BROKEN : UNPROVEN;
        }
    }

    private static String summary(JsonNode report, Verdict verdict) {
        return Column.grouped(report.path("answered").asLong(0)) + " requests answered, "
                + Column.grouped(report.path("refused").asLong(0)) + " refused by limits, "
                + Column.grouped(report.path("failed").asLong(0)) + " failed on purpose, in "
                + report.path("milliseconds").asLong(0) + " ms; counted in "
                + Text.printable(Json.text(report.path("store"))) + ", shared by "
                + report.path("processes").asLong(1)
                + ". Each was used up, never more was granted than the limit, and used is what was granted: "
                + verdict.word.toUpperCase(Locale.ROOT);
    }
}

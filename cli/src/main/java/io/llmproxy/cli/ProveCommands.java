package io.llmproxy.cli;

import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl prove …}. */
final class ProveCommands {
    /** The server gives up sending after a minute; what runs then may take its time. */
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
            Column.text("holds", "holds"));

    private ProveCommands() {}

    static List<Verb> verbs() {
        return List.of(Verb.of(
                        "limits",
                        "Proves under load that limits hold, in a sandbox of the running server: exit 0, else 1.",
                        ProveCommands::limits)
                .option("--requests", "N", "how many requests to send; default 20000")
                .option("--parallel", "N", "how many clients send them at one time; default 1000")
                .example(
                        "llmproxyctl prove limits",
                        "llmproxyctl prove limits --requests 100000 --parallel 2000 -o json"));
    }

    private static ExitCode limits(Context c) {
        Fields fields = new Fields(c.line()).integer("requests", "--requests").integer("parallel", "--parallel");
        JsonNode report =
                new AdminClient(c.client().endpoint(), PATIENCE).post(ApiPath.of("prove", "limits"), fields.body());
        boolean holds = report.path("holds").asBoolean(false);
        boolean proves = report.path("answered").asLong(0) > 0;
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(holds ? "holds" : proves ? "broken" : "unproven");
        } else if (c.output().format() == Format.JSON || c.output().format() == Format.YAML) {
            c.output().one(report, LIMITS);
        } else {
            c.output().list(report.path("limits").values(), LIMITS);
            c.note(summary(report, holds ? "holds" : proves ? "BROKEN" : "NOT PROVEN"));
        }
        if (!holds) {
            throw new CliException(
                    ExitCode.REFUSED,
                    proves
                            ? "limits do not hold: peak must not pass limit (and overrun), and used must be what was granted"
                            : "nothing was proven, since no request was answered; see the server's log and status");
        }
        return ExitCode.DONE;
    }

    private static String summary(JsonNode report, String verdict) {
        return Column.grouped(report.path("answered").asLong(0)) + " requests answered, "
                + Column.grouped(report.path("refused").asLong(0)) + " refused by limits, "
                + Column.grouped(report.path("failed").asLong(0)) + " failed on purpose, in "
                + report.path("milliseconds").asLong(0) + " ms; counted in "
                + Text.printable(Json.text(report.path("store"))) + ", shared by "
                + report.path("processes").asLong(1)
                + ". Never more granted than the limit, and used is what was granted: "
                + verdict;
    }
}

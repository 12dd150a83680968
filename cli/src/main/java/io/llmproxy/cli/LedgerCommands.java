package io.llmproxy.cli;

import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl ledger …}. */
final class LedgerCommands {
    /** All of the ledger is read: some million records a second at best. */
    private static final Duration PATIENCE = Duration.ofHours(2);

    private static final View CHECKS = new View(
            "check",
            Column.text("check", "check"),
            Column.number("looked at", "count"),
            Column.number("faults", "faults"));

    private LedgerCommands() {}

    static List<Verb> verbs() {
        return List.of(
                Verb.of("check", "Proves that journal, records and sums agree: exit 0, else 1.", LedgerCommands::check)
                        .example("llmproxyctl ledger check", "llmproxyctl ledger check -o json"));
    }

    private static ExitCode check(Context c) {
        JsonNode report = new AdminClient(c.client().endpoint(), PATIENCE).get(ApiPath.of("ledger", "check"));
        boolean sound = report.path("sound").asBoolean(false);
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(sound ? "sound" : "faults");
        } else if (c.output().format() == Format.JSON || c.output().format() == Format.YAML) {
            c.output().one(report, CHECKS);
        } else {
            c.output().list(report.path("checks").values(), CHECKS);
        }
        if (sound) {
            return ExitCode.DONE;
        }
        JsonNode faults = report.path("faults");
        StringBuilder text = new StringBuilder("the ledger is not as it was written; the first fault: ");
        text.append(described(faults.path(0)));
        for (int i = 1; i < faults.size(); i++) {
            text.append("\n  ").append(described(faults.path(i)));
        }
        throw new CliException(ExitCode.REFUSED, text.toString());
    }

    private static String described(JsonNode fault) {
        StringBuilder text = new StringBuilder(Json.text(fault.path("check")));
        for (String field : List.of("block", "tenant", "time")) {
            String value = Json.text(fault.path(field));
            if (!value.isEmpty()) {
                text.append(", ").append(field).append(' ').append(value);
            }
        }
        return Text.printable(
                text.append(": ").append(Json.text(fault.path("detail"))).toString());
    }
}

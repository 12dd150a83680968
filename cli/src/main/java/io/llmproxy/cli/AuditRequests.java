package io.llmproxy.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl audit list --requests}: what was asked, by whom, and how it ended. */
final class AuditRequests {
    private static final List<String> ONLY_WITH_REQUESTS =
            List.of("--user", "--key", "--model", "--status", "--request-id", "--body");

    private static final View REQUESTS = new View(
            "requestId",
            Column.text("time", "startedAt"),
            Column.text("tenant", "tenant"),
            Column.text("user", "user"),
            Column.text("key", "key"),
            Column.text("model", "model"),
            Column.text("provider", "provider"),
            Column.number("status", "status"),
            Column.text("outcome", "outcome"),
            Column.text("body", "body"),
            Column.text("request id", "requestId"));

    private AuditRequests() {}

    static Verb options(Verb verb) {
        return verb.flag("--requests", "requests of clients instead of acts of administration")
                .option("--user", "USER", "only requests of this user, by e-mail address or id")
                .option("--key", "KEY", "only requests of this key, by name or id")
                .option("--model", "MODEL", "only requests for this model, as asked for or as sent")
                .option("--status", "STATUS", "only requests that ended so: 502, or 5xx")
                .option("--request-id", "ID", "only this request")
                .flag("--body", "with what was asked and answered, where the tenant keeps that");
    }

    static void refuseWithoutRequests(Context c) {
        for (String option : ONLY_WITH_REQUESTS) {
            if (c.line().has(option)) {
                throw CliException.usage(option + " goes with --requests");
            }
        }
    }

    static ExitCode list(Context c, int limit) {
        for (String option : List.of("--actor", "--action", "--target")) {
            if (c.line().has(option)) {
                throw CliException.usage(option + " does not go with --requests");
            }
        }
        ApiPath path = AuditCommands.span(c, ApiPath.of("audit", "requests"))
                .with("tenant", c.namedTenant())
                .with("user", c.line().option("--user"))
                .with("key", c.line().option("--key"))
                .with("model", c.line().option("--model"))
                .with("status", c.line().option("--status"))
                .with("requestId", c.line().option("--request-id"))
                .with("body", c.line().flag("--body") ? "true" : null)
                .with("limit", Integer.toString(Math.min(limit, 1000)));
        Iterable<JsonNode> found = new Most(c.client().list(path), limit);
        if (!c.output().list(found, REQUESTS)) {
            c.note("no such request");
        }
        return ExitCode.DONE;
    }
}

package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl db …}: the database of a server that is stopped. */
final class DbCommands {
    private static final View PENDING =
            new View("name", Column.text("version", "version"), Column.text("script", "name"));
    private static final View TABLES = new View("table", Column.text("table", "table"), Column.number("rows", "rows"));

    private static final View FORGOTTEN = new View("bodies", Column.number("bodies", "bodies"));

    private DbCommands() {}

    static List<Verb> verbs() {
        return List.of(
                Offline.placed(Verb.of(
                                "status",
                                "Shows the version of the schema, and what an upgrade has to do.",
                                c -> shown(c, Offline.run(c, "db-status", List.of(), Offline.PLACE))))
                        .example("llmproxyctl db status --data-dir /var/lib/llmproxy/acme"),
                Offline.placed(Verb.of(
                                        "migrate",
                                        "Brings the schema to the version of this program, as its start would.",
                                        DbCommands::migrate)
                                .flag("--dry-run", "show the scripts and their statements; change nothing"))
                        .example(
                                "llmproxyctl db migrate --dry-run --data-dir /var/lib/llmproxy/acme",
                                "llmproxyctl db migrate --config /etc/llmproxy/acme.yaml"),
                Offline.placed(Verb.of(
                                        "move",
                                        "Copies the embedded database to PostgreSQL, and compares each table.",
                                        DbCommands::move)
                                .option("--to", "URL", "jdbc:postgresql://HOST/NAME, of an empty database")
                                .option("--user", "NAME", "its user")
                                .option("--password-file", "FILE", "the file with its password"))
                        .example("llmproxyctl db move --to jdbc:postgresql://db/llmproxy --user llmproxy"
                                + " --password-file /etc/llmproxy/db.pass --data-dir /var/lib/llmproxy/acme"),
                Offline.placed(Verb.of(
                                        "forget-sealed",
                                        "Gives up what only a lost master key opens: credentials and bodies of requests.",
                                        DbCommands::forget)
                                .flag("--dry-run", "show what that is; change nothing"))
                        .example(
                                "llmproxyctl db forget-sealed --dry-run --data-dir /var/lib/llmproxy/acme",
                                "llmproxyctl db forget-sealed --config /etc/llmproxy/acme.yaml --yes"));
    }

    private static ExitCode shown(Context c, JsonNode status) {
        String state = Json.text(status.path("state"));
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(state);
        } else if (c.output().format() != Format.TABLE) {
            c.output().one(status, PENDING);
        } else {
            String schema = Json.text(status.path("schema"));
            c.output()
                    .line(Text.printable(Json.text(status.path("database")) + ": schema "
                            + (schema.isEmpty() ? "none" : schema) + ", this program knows "
                            + Json.text(status.path("known"))
                            + ": " + state));
            for (JsonNode step : status.path("pending").values()) {
                c.output().line("\n-- " + Json.text(step.path("name")));
                step.path("statements").values().forEach(s -> c.output().line(Json.text(s) + ";"));
            }
        }
        return ExitCode.DONE;
    }

    private static ExitCode migrate(Context c) {
        List<String> options = new ArrayList<>(Offline.PLACE);
        if (c.line().flag("--dry-run")) {
            return shown(c, Offline.run(c, "db-status", List.of(), options));
        }
        JsonNode done = Offline.run(c, "db-migrate", List.of(), options);
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(Json.text(done.path("to")));
            return ExitCode.DONE;
        }
        String from = Json.text(done.path("from"));
        c.output()
                .done(
                        done,
                        PENDING,
                        Json.text(done.path("database")) + ": schema " + Json.text(done.path("to")) + " now, "
                                + (from.isEmpty() ? "of an empty database" : "of " + from) + "; scripts run: "
                                + done.path("done").size());
        return ExitCode.DONE;
    }

    private static ExitCode forget(Context c) {
        List<String> options = new ArrayList<>(Offline.PLACE);
        options.add("--dry-run");
        if (!c.line().flag("--dry-run")) {
            c.confirm("give up the credentials and bodies of requests that the master key does not open");
        }
        JsonNode done = Offline.run(c, "db-forget-sealed", List.of(), options);
        c.output().done(done, FORGOTTEN, forgotten(done));
        done.path("providers").values().forEach(p -> c.note("give it anew: " + anew(Json.text(p))));
        return ExitCode.DONE;
    }

    /** @param provider as {@code acme/openai}, or {@code openai} of a shared one */
    private static String anew(String provider) {
        int slash = provider.indexOf('/');
        return slash < 0
                ? "llmproxyctl provider update " + provider + " --shared --api-key-stdin < FILE"
                : "llmproxyctl -t " + provider.substring(0, slash) + " provider update " + provider.substring(slash + 1)
                        + " --api-key-stdin < FILE";
    }

    private static String forgotten(JsonNode done) {
        String key = Json.text(done.path("masterKey"));
        boolean dry = !done.path("done").booleanValue();
        return Json.text(done.path("database"))
                + (dry ? ": would give up" : ": gave up") + " the credentials of "
                + done.path("providers").size() + " providers and the bodies of "
                + Json.text(done.path("bodies")) + " requests; the next start "
                + (key.isEmpty() ? "makes a master key" : "takes the master key " + key);
    }

    private static ExitCode move(Context c) {
        if (c.line().option("--to") == null) {
            throw CliException.usage("--to is missing: jdbc:postgresql://HOST/NAME of an empty database");
        }
        List<String> options = new ArrayList<>(Offline.PLACE);
        options.addAll(List.of("--to", "--user", "--password-file"));
        JsonNode done = Offline.run(c, "db-move", List.of(), options);
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(Json.text(done.path("rows")));
        } else if (c.output().format() != Format.TABLE) {
            c.output().one(done, TABLES);
        } else {
            c.output().list(done.path("tables").values(), TABLES);
            c.output()
                    .line("\n" + Json.text(done.path("rows")) + " rows in " + Json.text(done.path("to"))
                            + ", each table compared by count, digest and sums. " + Json.text(done.path("from"))
                            + " was not changed.\nNow change the server's configuration:\n\n"
                            + Json.text(done.path("configuration")));
        }
        return ExitCode.DONE;
    }
}

package io.llmproxy.cli;

import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl config …} and {@code llmproxyctl restart}. */
final class ConfigCommands {
    /** The server gives a successor ten minutes. */
    private static final Duration PATIENCE = Duration.ofSeconds(630);

    private static final View VALUES = new View("key", Column.text("key", "key"), Column.text("value", "value"));
    private static final View ORIGINS = new View(
            "key",
            Column.text("key", "key"),
            Column.text("value", "value"),
            Column.text("origin", "origin"),
            Column.text("reload", "reload"));
    private static final View OUTCOME =
            new View("applied", Column.text("applied", "applied"), Column.text("restart", "restart"));
    private static final View PROCESS = new View("pid", Column.text("pid", "pid"));

    private ConfigCommands() {}

    static List<Verb> verbs() {
        return List.of(
                Verb.of("show", "Shows the configuration that is in force.", ConfigCommands::show)
                        .flag("--origin", "also where each value comes from, and whether a reload applies a new one")
                        .example("llmproxyctl config show", "llmproxyctl config show --origin"),
                Verb.of(
                                "check",
                                "Says what a reload would do: exit 0, or 1 and every fault of the configuration.",
                                ConfigCommands::check)
                        .example("llmproxyctl config check"),
                Verb.of(
                                "reload",
                                "Applies what has changed in the configuration; with one fault nothing (exit 1).",
                                ConfigCommands::reload)
                        .example("llmproxyctl config reload", "llmproxyctl -t acme config reload"));
    }

    static Verb restart() {
        return Verb.of(
                        "restart",
                        "Replaces the server by a new process, with no connection refused and no stream broken.",
                        ConfigCommands::restart)
                .example("llmproxyctl restart", "llmproxyctl -t acme restart -q");
    }

    private static ExitCode show(Context c) {
        JsonNode settings = c.client().get(ApiPath.of("config")).path("items");
        c.output().list(settings.values(), c.line().flag("--origin") ? ORIGINS : VALUES);
        return ExitCode.DONE;
    }

    private static ExitCode check(Context c) {
        return told(c, c.client().post(ApiPath.of("config", "check"), Json.object()), "would be applied: ");
    }

    private static ExitCode reload(Context c) {
        return told(c, c.client().post(ApiPath.of("config", "reload"), Json.object()), "applied: ");
    }

    private static ExitCode told(Context c, JsonNode outcome, String verb) {
        List<String> applied = texts(outcome.path("applied"));
        List<String> restart = texts(outcome.path("restart"));
        if (c.line().flag(GlobalOptions.QUIET)) {
            applied.forEach(c.output()::line);
        } else if (c.output().format() == Format.TABLE) {
            c.output().line(verb + (applied.isEmpty() ? "nothing has changed" : String.join(", ", applied)));
            if (!restart.isEmpty()) {
                c.output().line("by a restart alone (llmproxyctl restart): " + String.join(", ", restart));
            }
        } else {
            c.output().one(outcome, OUTCOME);
        }
        return ExitCode.DONE;
    }

    private static ExitCode restart(Context c) {
        JsonNode now = new AdminClient(c.client().endpoint(), PATIENCE).post(ApiPath.of("restart"), Json.object());
        if (c.output().format() == Format.TABLE && !c.line().flag(GlobalOptions.QUIET)) {
            c.output()
                    .line("process " + now.path("pid").asLong(0) + " serves now; the one before finishes its requests");
        } else {
            c.output().one(now, PROCESS);
        }
        return ExitCode.DONE;
    }

    private static List<String> texts(JsonNode array) {
        return array.values().stream().map(Json::text).toList();
    }
}

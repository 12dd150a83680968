package io.llmproxy.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl status}, {@code health}, {@code top}, {@code explain}, {@code support-bundle}, {@code restart}, {@code export}, {@code apply}, {@code version}, {@code completion}. */
final class ServerCommands {
    private static final View STATUS = new View(
            "tenant",
            Column.text("version", "version"),
            Column.text("tenant", "tenant"),
            Column.text("started", "startedAt"),
            Column.number("uptime", "uptimeSeconds"),
            Column.text("gateway", "gateway"),
            Column.text("admin", "admin"),
            Column.text("database", "database"),
            Column.text("counters", "counters"),
            Column.text("counters are", "countersState"),
            Column.text("since", "countersSince"),
            Column.number("processes", "countersProcesses"),
            Column.number("in flight", "requestsInFlight"),
            Column.number("backlog", "journalBacklog"),
            Column.number("body memory", "bodyMemory"),
            Column.number("soft passed", "softLimitsPassed"),
            Column.number("shadow passed", "shadowLimitsPassed"),
            Column.number("tenants", "tenants"),
            Column.number("keys", "keys"),
            Column.number("providers", "providers"),
            Column.text("problems", "problems"));
    private static final View VERSION =
            new View("client", Column.text("client", "client"), Column.text("server", "server"));

    private ServerCommands() {}

    static List<Verb> verbs() {
        List<Verb> verbs = new ArrayList<>(DeclarationCommands.verbs());
        verbs.addAll(
                0,
                List.of(
                        Verb.of("status", "Shows how the server is, and what is wrong with it.", ServerCommands::status)
                                .example("llmproxyctl status", "llmproxyctl status -o json"),
                        Verb.of(
                                        "health",
                                        "Says whether the server is ready: exit 0, else 1 and the reasons.",
                                        ServerCommands::health)
                                .example(
                                        "llmproxyctl health",
                                        "llmproxyctl health -q || systemctl status llmproxy@acme"),
                        TopCommand.verb(),
                        ExplainCommand.verb(),
                        SupportBundle.verb(),
                        ConfigCommands.restart(),
                        Verb.of(
                                        "version",
                                        "Shows the versions of this program and of the server.",
                                        ServerCommands::version)
                                .example("llmproxyctl version", "llmproxyctl version -q"),
                        Verb.of(
                                        "completion",
                                        "Prints the script that completes commands in your shell.",
                                        CompletionScript::print)
                                .choice("SHELL", "bash, zsh or fish", "bash", "zsh", "fish")
                                .example(
                                        "source <(llmproxyctl completion bash)",
                                        "llmproxyctl completion zsh > ~/.zfunc/_llmproxyctl",
                                        "llmproxyctl completion fish > ~/.config/fish/completions/llmproxyctl.fish")));
        return verbs;
    }

    private static ExitCode status(Context c) {
        JsonNode status = c.client().get(ApiPath.of("status"));
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(status.path("problems").isEmpty() ? "ok" : "problems");
        } else if (c.output().format() == Format.TABLE) {
            overview(c, status);
        } else {
            c.output().one(status, STATUS);
        }
        return ExitCode.DONE;
    }

    private static void overview(Context c, JsonNode status) {
        ObjectNode shown = Json.object();
        String tenant = Json.text(status.path("tenant"));
        String uptime =
                Times.brief(Duration.ofSeconds(status.path("uptimeSeconds").asLong(0)));
        shown.put("server", "llmproxy " + Json.text(status.path("version")) + ", up " + uptime);
        boolean all = tenant.equals("*");
        shown.put(
                all ? "tenants" : "tenant",
                all ? Column.grouped(status.path("tenants").asLong(0)) : tenant);
        shown.set("gateway", status.path("gateway"));
        shown.set("admin", status.path("admin"));
        Endpoint asked = c.client().endpoint();
        shown.put(asked instanceof Endpoint.UnixSocket ? "socket" : "asked at", asked.shown());
        shown.set("database", status.path("database"));
        counted(c, shown, status);
        shown.put("serves", count(status, "providers", "provider") + ", " + count(status, "keys", "key"));
        shown.put(
                "now",
                count(status, "requestsInFlight", "request") + " in flight, "
                        + count(status, "journalBacklog", "usage record") + " to store");
        passed(shown, status);
        List<String> problems = texts(status.path("problems"));
        shown.put("problems", problems.isEmpty() ? "none" : Integer.toString(problems.size()));
        c.output().fields(shown, STATUS);
        problems.forEach(problem -> c.output().line("  ! " + Text.printable(problem)));
    }

    /** Where limits are counted. */
    private static void counted(Context c, ObjectNode shown, JsonNode status) {
        Instant since = Times.instant(Json.text(status.path("countersSince")));
        if (since == null) {
            return;
        }
        Duration lasted = Duration.between(since, c.output().now());
        long processes = status.path("countersProcesses").asLong(1);
        shown.put(
                "counters",
                Json.text(status.path("counters")) + ", " + Json.text(status.path("countersState")) + " for "
                        // the server's clock may be ahead of this one
                        + Times.brief(lasted.isNegative() ? Duration.ZERO : lasted) + ", "
                        + (processes == 1 ? "1 process" : Column.grouped(processes) + " processes"));
    }

    /** Said where there is something to say, since few set such limits. */
    private static void passed(ObjectNode shown, JsonNode status) {
        long soft = status.path("softLimitsPassed").asLong(0);
        long shadow = status.path("shadowLimitsPassed").asLong(0);
        if (soft + shadow > 0) {
            shown.put(
                    "limits",
                    count(status, "softLimitsPassed", "request") + " passed soft ones, "
                            + count(status, "shadowLimitsPassed", "request")
                            + " would have been refused by shadow ones");
        }
    }

    private static String count(JsonNode status, String field, String noun) {
        long n = status.path(field).asLong(0);
        return Column.grouped(n) + " " + noun + (n == 1 ? "" : "s");
    }

    private static ExitCode health(Context c) {
        HttpCall.Answer answer = c.client().exchange("GET", ApiPath.raw("/health/ready"), null);
        JsonNode body = parsed(answer.body());
        boolean ready = answer.status() < 300;
        if (c.output().format() != Format.TABLE && !body.isEmpty()) {
            c.output().one(body, new View("status", Column.text("status", "status")));
        } else if (ready && !c.line().flag(GlobalOptions.QUIET)) {
            c.output().line("ready");
        }
        if (!ready) {
            throw new CliException(ExitCode.REFUSED, "the server is not ready: " + reasons(answer.status(), body));
        }
        return ExitCode.DONE;
    }

    private static JsonNode parsed(byte[] body) {
        try {
            return Json.parse(body);
        } catch (JacksonException e) {
            return Json.object();
        }
    }

    private static String reasons(int status, JsonNode body) {
        List<String> reasons = new ArrayList<>();
        for (JsonNode check : body.path("checks").values()) {
            String state = Json.text(check.path("status"));
            if (!state.equals("UP")) {
                JsonNode data = check.path("data");
                reasons.add(
                        Json.text(check.path("name")) + " is " + state + (data.isEmpty() ? "" : " " + Json.text(data)));
            }
        }
        reasons.addAll(texts(body.path("problems")));
        reasons.addAll(texts(body.path("reasons")));
        if (reasons.isEmpty()) {
            String detail = Json.text(body.path("detail"));
            reasons.add(detail.isEmpty() ? "it answered " + status : detail);
        }
        return Text.printable(String.join("; ", reasons));
    }

    private static List<String> texts(JsonNode array) {
        return array.values().stream().map(Json::text).toList();
    }

    private static ExitCode version(Context c) {
        String client = ClientVersion.text();
        ObjectNode versions = Json.object().put("client", client);
        String missing = "";
        try {
            versions.set("server", c.client().get(ApiPath.of("version")).path("version"));
        } catch (CliException e) {
            if (e.code() == ExitCode.USAGE) {
                throw e;
            }
            versions.putNull("server");
            missing = e.code() == ExitCode.NO_SERVER ? "no server found" : e.text();
        }
        if (c.line().flag(GlobalOptions.QUIET)) {
            c.output().line(client);
        } else if (c.output().format() == Format.TABLE) {
            c.output().line("llmproxyctl " + client);
            c.output()
                    .line(
                            missing.isEmpty()
                                    ? "llmproxy " + Json.text(versions.path("server"))
                                    : "llmproxy - (" + missing + ")");
        } else {
            c.output().one(versions, VERSION);
        }
        return ExitCode.DONE;
    }
}

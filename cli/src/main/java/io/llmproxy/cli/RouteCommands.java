package io.llmproxy.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl route …}. */
final class RouteCommands {
    private static final View VIEW = new View(
            "name",
            Column.text("name", "name"),
            new Column("shared", "shared", Column.Kind.FLAG),
            Column.text("strategy", "strategy"),
            Column.text("sticky", "sticky"),
            Column.text("targets", "targets"),
            Column.number("retries", "retries"),
            Column.text("path", "matchPath"),
            Column.text("host", "matchHost"),
            Column.text("user", "matchUser"),
            Column.text("headers", "matchHeaders"),
            Column.text("labels", "matchLabels"));

    private RouteCommands() {}

    static List<Verb> verbs() {
        return List.of(create(), list(), show(), update(), delete());
    }

    private static Verb create() {
        return settings(Verb.of("create", "Makes a model of that name, or a rule for certain requests.", c -> {
                            String name = c.line().argument();
                            if (!c.line().has("--target")) {
                                throw CliException.usage(
                                        "--target is missing: where do requests of route " + name + " go?");
                            }
                            Fields fields = settings(new Fields(c.line()).put("name", name));
                            c.output()
                                    .done(
                                            c.client().post(routes(c), fields.body()),
                                            VIEW,
                                            "route " + name + " created");
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "what clients name as the model, unless the route matches by something else"))
                .example(
                        "llmproxyctl -t acme route create smart --strategy failover --target openai/gpt-4o --target azure/gpt-4o",
                        "llmproxyctl -t acme route create cheap --strategy weighted --target a/small=9 --target b/small=1",
                        "llmproxyctl -t acme route create batch --match-label team=batch --strategy cost --target 'a/*' --target 'b/*'");
    }

    private static Verb settings(Verb verb) {
        return shared(verb.list(
                        "--target", "PROVIDER/MODEL", "where to send requests, with =WEIGHT if wanted; repeated")
                .option("--strategy", "HOW", "failover, round-robin, weighted, least-latency or cost")
                .option("--sticky", "BY", "keep requests with one target: user, or header:NAME")
                .option("--match-path", "GLOB", "requests of these paths")
                .list("--match-header", "NAME=GLOB", "requests with this header; may be repeated")
                .option("--match-host", "GLOB", "requests to this name of the server")
                .option("--match-user", "GLOB", "requests of these users, by e-mail address or id")
                .list("--match-label", "NAME=GLOB", "requests of keys with this label; may be repeated")
                .option("--retries", "N", "how often to begin again when all targets have failed; 0 unless given")
                .option("--timeout", "DURATION", "for a request with all its attempts")
                .flag("--retry-timeouts", "go on where a provider took too long, though it may bill the request")
                .flag("--no-retry-timeouts", "do not go on where a provider took too long"));
    }

    private static Fields settings(Fields fields) {
        return fields.list("targets", "--target")
                .text("strategy", "--strategy")
                .text("sticky", "--sticky")
                .text("matchPath", "--match-path")
                .map("matchHeaders", "--match-header")
                .text("matchHost", "--match-host")
                .text("matchUser", "--match-user")
                .map("matchLabels", "--match-label")
                .integer("retries", "--retries")
                .duration("timeout", "--timeout")
                .choice("retryTimeouts", "--retry-timeouts", "--no-retry-timeouts");
    }

    private static Verb list() {
        return shared(Verb.of("list", "Lists the tenant's routes and those of all tenants.", c -> {
                    ApiPath path = routes(c).with("limit", "1000");
                    if (!c.output().list(c.client().list(path), VIEW)) {
                        c.note("no routes; add one with llmproxyctl route create NAME --target PROVIDER/MODEL");
                    }
                    return ExitCode.DONE;
                }))
                .example("llmproxyctl -t acme route list", "llmproxyctl route list --shared -o yaml");
    }

    private static Verb show() {
        return shared(Verb.of("show", "Shows a route.", c -> {
                            c.output().one(c.client().get(route(c)), VIEW);
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the route"))
                .example("llmproxyctl -t acme route show smart");
    }

    private static Verb update() {
        return settings(Verb.of("update", "Changes a route; 'none' clears a value.", c -> {
                            JsonNode changed = c.client()
                                    .patch(
                                            route(c),
                                            settings(new Fields(c.line())).change());
                            c.output().done(changed, VIEW, "route " + c.line().argument() + " updated");
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the route"))
                .example(
                        "llmproxyctl -t acme route update smart --target azure/gpt-4o --target openai/gpt-4o",
                        "llmproxyctl -t acme route update smart --retries 2 --timeout 60s");
    }

    private static Verb delete() {
        return shared(Verb.of("delete", "Deletes a route.", c -> {
                            String name = c.line().argument();
                            c.confirm("delete the route " + name
                                    + (c.line().flag("--shared") ? ", for every tenant" : " of tenant " + c.tenant()));
                            c.output().done(c.client().delete(route(c)), VIEW, "route " + name + " deleted");
                            return ExitCode.DONE;
                        })
                        .argument("NAME", "the route"))
                .example("llmproxyctl -t acme route delete smart --yes");
    }

    private static Verb shared(Verb verb) {
        return verb.flag("--shared", "a route of all tenants, instead of one tenant's own");
    }

    private static ApiPath route(Context c) {
        return routes(c).then(c.line().argument());
    }

    private static ApiPath routes(Context c) {
        return c.line().flag("--shared") ? ApiPath.of("routes") : ApiPath.of("tenants", c.tenant(), "routes");
    }
}

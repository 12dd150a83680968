package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/** {@code llmproxyctl limit …}, also called {@code quota}. */
final class LimitCommands {
    private static final View VIEW = new View(
            "id",
            Column.text("id", "id"),
            Column.text("scope", "scope"),
            Column.text("subject", "subject"),
            Column.number("amount", "amount"),
            Column.text("metric", "metric"),
            Column.text("per", "per"),
            Column.text("algorithm", "algorithm"),
            Column.text("mode", "mode"),
            Column.text("origin", "origin"));

    private static final View USAGE = usage(Column.text("subject", "subjectName"));
    /** For programs, which find an id where there was one. */
    private static final View USAGE_AS_IT_IS =
            usage(Column.text("subject", "subject"), Column.text("subject name", "subjectName"));

    private static final String LIMITS = "limits";

    private LimitCommands() {}

    static List<Verb> verbs() {
        return List.of(set(), list(), show(), usage(), reset(), delete());
    }

    private static Verb set() {
        return Verb.of("set", "Sets a limit, or changes the one of that scope, metric and period.", LimitCommands::set)
                .option(
                        "--scope",
                        "SCOPE",
                        "whose use: global, tenant, user, key, provider, model, endpoint, ip; user=X for one alone, by address or id")
                .oneOf(
                        "--metric",
                        "METRIC",
                        "what is counted",
                        "requests",
                        "tokens",
                        "input-tokens",
                        "output-tokens",
                        "cost",
                        "concurrency")
                .option("--amount", "N", "how much; US dollars for cost")
                .oneOf(
                        "--per",
                        "PERIOD",
                        "how long it has to last; not for concurrency",
                        "second",
                        "minute",
                        "hour",
                        "day",
                        "month",
                        "total")
                .oneOf(
                        "--algorithm",
                        "ALGORITHM",
                        "how it is counted; sliding-window up to a minute, else fixed-window, unless given",
                        "token-bucket",
                        "fixed-window",
                        "sliding-window")
                .option("--segments", "N", "parts of a sliding window, 1 to 60; 6 unless given")
                .flag("--soft", "serve what passes it, and mark the answer")
                .flag("--shadow", "serve what passes it, and only count it")
                .example(
                        "llmproxyctl -t acme limit set --scope user --metric tokens --amount 200000 --per day",
                        "llmproxyctl -t acme limit set --scope tenant --metric cost --amount 250 --per month",
                        "llmproxyctl -t acme limit set --scope key=ci --metric requests --amount 10 --per second",
                        "llmproxyctl limit set --scope global --metric requests --amount 50000 --per minute",
                        "llmproxyctl -t acme limit set --scope model='gpt-4o*' --metric concurrency --amount 20");
    }

    private static ExitCode set(Context c) {
        Line line = c.line();
        String scope = required(line, "--scope");
        required(line, "--metric");
        required(line, "--amount");
        if (line.flag("--soft") && line.flag("--shadow")) {
            throw CliException.usage("say --soft or --shadow, not both");
        }
        Fields fields = new Fields(line)
                .put("scope", scope)
                .text("metric", "--metric")
                .text("amount", "--amount")
                .text("per", "--per")
                .text("algorithm", "--algorithm")
                .integer("segments", "--segments");
        if (line.flag("--soft") || line.flag("--shadow")) {
            fields.put("mode", line.flag("--soft") ? "soft" : "shadow");
        }
        // one of all tenants is not to be had by naming one: the server says so
        boolean ofAll = scope.equals("global") && c.namedTenant() == null;
        ApiPath path = ofAll ? ApiPath.of(LIMITS) : owner(c).then(LIMITS);
        JsonNode set = c.client().post(path, fields.body());
        c.output().done(set, VIEW, "limit " + Text.printable(Json.text(set.path("id"))) + " set");
        return ExitCode.DONE;
    }

    private static String required(Line line, String option) {
        String value = line.option(option);
        if (value == null) {
            throw CliException.usage("limit set wants " + option + " (see --help)");
        }
        return value;
    }

    private static Verb list() {
        return Verb.of("list", "Lists the limits in force, those of the configuration too.", c -> {
                    ApiPath path = owner(c).then(LIMITS).with("limit", "1000");
                    if (!c.output().list(c.client().list(path), VIEW)) {
                        c.note("no limits");
                    }
                    return ExitCode.DONE;
                })
                .example("llmproxyctl limit list", "llmproxyctl -t acme limit list -o json");
    }

    private static Verb show() {
        return Verb.of("show", "Shows a limit.", c -> {
                    c.output().one(c.client().get(limit(c)), VIEW);
                    return ExitCode.DONE;
                })
                .argument("LIMIT", "its id, as the list shows it")
                .example("llmproxyctl limit show config:user");
    }

    private static View usage(Column... subject) {
        List<Column> columns = new ArrayList<>(List.of(Column.text("id", "id"), Column.text("scope", "scope")));
        columns.add(subject[0]);
        columns.addAll(List.of(
                Column.text("metric", "metric"),
                Column.text("per", "per"),
                Column.number("amount", "amount"),
                Column.number("used", "used"),
                Column.number("remaining", "remaining"),
                Column.number("passed", "passed")));
        columns.addAll(List.of(subject).subList(1, subject.length));
        return new View("id", columns);
    }

    private static Verb usage() {
        return Verb.of("usage", "Shows what was used of each limit, and what is left.", LimitCommands::usage)
                .optionalArgument("LIMIT", "its id, as the list shows it; else all")
                .example(
                        "llmproxyctl -t acme limit usage",
                        "llmproxyctl limit usage config:user",
                        "llmproxyctl limit usage -o csv");
    }

    private static ExitCode usage(Context c) {
        String id = c.line().optionalArgument();
        Iterable<JsonNode> all = c.client().list(owner(c).then("limit-usage").with("limit", "1000"));
        Iterable<JsonNode> wanted = id == null
                ? all
                : () -> StreamSupport.stream(all.spliterator(), false)
                        .filter(usage -> Json.text(usage.path("id")).equals(id))
                        .iterator();
        View view = c.output().format() == Format.CSV ? USAGE_AS_IT_IS : USAGE;
        if (!c.output().list(wanted, view)) {
            if (id != null) {
                c.client().get(owner(c).then(LIMITS, id)); // says so where there is no such limit
            }
            c.note(id == null ? "no limits, or nothing used of any" : "nothing used of it");
        }
        return ExitCode.DONE;
    }

    private static Verb reset() {
        return Verb.of("reset", "Lets a limit begin anew, as if nothing had been used.", c -> {
                    c.confirm("reset the limit " + c.line().argument() + " for all that it is about");
                    JsonNode limit = c.client().post(limit(c).then("reset"), Json.object());
                    c.output().done(limit, VIEW, "limit " + c.line().argument() + " reset");
                    return ExitCode.DONE;
                })
                .argument("LIMIT", "its id, as the list shows it")
                .example("llmproxyctl limit reset config:tenant --yes");
    }

    private static Verb delete() {
        return Verb.of("delete", "Deletes a limit.", c -> {
                    String id = c.line().argument();
                    c.confirm("delete the limit " + id);
                    c.output().done(c.client().delete(limit(c)), VIEW, "limit " + id + " deleted");
                    return ExitCode.DONE;
                })
                .argument("LIMIT", "its id, as the list shows it")
                .example("llmproxyctl -t acme limit delete 01994b3c-7d2e-7000-8000-000000000000 --yes");
    }

    private static ApiPath limit(Context c) {
        return owner(c).then(LIMITS, c.line().argument());
    }

    /** The tenant that the line names or the server alone serves; else the installation. */
    private static ApiPath owner(Context c) {
        String named = c.namedTenant();
        String tenant =
                named == null ? Json.text(c.client().get(ApiPath.of("status")).path("tenant")) : named;
        return tenant.isEmpty() || tenant.equals("*") ? ApiPath.of() : ApiPath.of("tenants", tenant);
    }
}

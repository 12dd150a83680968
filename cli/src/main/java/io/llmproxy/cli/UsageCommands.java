package io.llmproxy.cli;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmproxyctl usage …}. */
final class UsageCommands {
    private static final List<String> DIMENSIONS = List.of(
            "tenant",
            "user",
            "key",
            "model",
            "provider",
            "hour",
            "day",
            "week",
            "month",
            "endpoint",
            "status",
            "outcome",
            "operation",
            "label");
    private static final String LABEL = "label:";

    private static final String MONEY = "cost";

    private static final List<Column> SUMS = List.of(
            Column.number("requests", "requests"),
            Column.number("errors", "errors"),
            Column.number("input", "inputTokens"),
            Column.number("output", "outputTokens"),
            Column.number("total", "totalTokens"),
            Column.number("cached", "cachedInputTokens"),
            Column.number("cache write", "cacheWriteTokens"),
            Column.number("reasoning", "reasoningTokens"),
            Column.number("usd", MONEY),
            Column.number("unpriced", "unpriced"));

    private static final View RECORDS = new View(
            "requestId",
            Column.text("time", "startedAt"),
            Column.text("tenant", "tenant"),
            Column.text("key", "key"),
            Column.text("model", "model"),
            Column.text("provider", "provider"),
            Column.number("status", "status"),
            Column.text("outcome", "outcome"),
            Column.number("input", "inputTokens"),
            Column.number("output", "outputTokens"),
            Column.number("usd", "cost"),
            new Column("duration", "durationMicros", Column.Kind.MICROS),
            Column.text("request id", "requestId"));

    /** A whole record: what is exported is account, and to be complete. */
    private static final View EXPORT = new View(
            "requestId",
            fields(
                    "requestId clientRequestId upstreamRequestId startedAt tenant user key method endpoint model provider"
                            + " upstreamModel status outcome errorCode stream inputTokens outputTokens cachedInputTokens"
                            + " cacheWriteTokens reasoningTokens audioInputTokens audioOutputTokens usageSource requestBytes"
                            + " responseBytes durationMicros firstByteMicros overheadMicros attempts cost priced priceId"
                            + " failedAttempts"));

    /** How many records an answer holds at most; a full one is followed up at once. */
    private static final int PAGE = 500;

    private UsageCommands() {}

    private static List<Column> fields(String names) {
        return Stream.of(names.split(" ")).map(name -> Column.text(name, name)).toList();
    }

    static List<Verb> verbs() {
        return List.of(report(), tail(), export());
    }

    private static Verb report() {
        return span(Verb.of("report", "Sums up requests, tokens and money.", UsageCommands::report))
                .list("--by", "DIMENSIONS", "one row for each: " + String.join(", ", DIMENSIONS) + ", label:NAME")
                .option("--month", "MONTH", "a report of that month for each tenant and user, as 2026-10")
                .oneOf("--format", "FORMAT", "of the report of a month", MonthlyReport.FORMATS.toArray(String[]::new))
                .example(
                        "llmproxyctl -t acme usage report --by model",
                        "llmproxyctl -t acme usage report --by status,endpoint --from 1d",
                        "llmproxyctl -t acme usage report --by outcome,operation --key app --status 5xx",
                        "llmproxyctl -t acme usage report --by label:team,month",
                        "llmproxyctl usage report --month 2026-10 --format html > october.html",
                        "llmproxyctl usage report --from 30d --by tenant,day -o csv",
                        "llmproxyctl -t acme usage report --from 2026-11-01 --to 2026-12-01 --by user -o json");
    }

    private static Verb span(Verb verb) {
        return verb.option("--from", "TIME", "from then on: a date, a time, or how long ago as 7d")
                .option("--to", "TIME", "up to then, exclusive")
                .option(
                        "--time-zone",
                        "ZONE",
                        "where days begin, as Europe/Berlin; the tenant's unless given, UTC for several")
                .option("--user", "USER", "only this user")
                .option("--key", "KEY", "only this key: the name that it had, or its id")
                .option("--model", "MODEL", "only what was asked of this model")
                .option("--provider", "PROVIDER", "only what this provider answered")
                .option("--status", "STATUS", "only what was answered so, as 502 or 5xx; read from records");
    }

    private static ExitCode report(Context c) {
        String month = c.line().option("--month");
        String format = c.line().option("--format");
        if (month != null) {
            for (String other :
                    List.of("--by", "--from", "--to", "--user", "--key", "--model", "--provider", "--status")) {
                if (c.line().has(other)) {
                    throw CliException.usage(other + ": the report of a month has it already; leave --month out");
                }
            }
            return MonthlyReport.write(c, month, format == null ? "markdown" : format);
        }
        if (format != null) {
            throw CliException.usage("--format: is of the report of a month, --month; else -o csv, -o json and others");
        }
        List<String> by = dimensions(c.line().values("--by"));
        ApiPath path = span(c, ApiPath.of("usage", "report")).with("by", by.isEmpty() ? null : String.join(",", by));
        List<Column> columns = new ArrayList<>();
        by.forEach(dimension -> columns.add(Column.text(dimension, field(dimension))));
        columns.addAll(SUMS);
        View view = new View(by.isEmpty() ? "requests" : field(by.get(0)), columns);
        List<JsonNode> rows = new ArrayList<>();
        c.client().list(path).forEach(rows::add);
        if (rows.isEmpty()) {
            c.note("nothing was used in that time");
        }
        if (c.output().format() == Format.TABLE && rows.size() > 1 && !by.isEmpty()) {
            rows.add(total(field(by.get(0)), rows));
        }
        c.output().list(rows, view);
        return ExitCode.DONE;
    }

    private static List<String> dimensions(List<String> by) {
        for (String dimension : by) {
            if (!DIMENSIONS.contains(field(dimension))) {
                throw CliException.usage(
                        "--by: '" + dimension + "' is none of " + String.join(", ", DIMENSIONS) + ", label:NAME");
            }
        }
        return by.stream().distinct().toList();
    }

    /** What the server calls it in a row. */
    private static String field(String dimension) {
        return dimension.startsWith(LABEL) && dimension.length() > LABEL.length() ? "label" : dimension;
    }

    private static JsonNode total(String label, List<JsonNode> rows) {
        ObjectNode total = Json.object().put(label, "TOTAL");
        for (Column sum : SUMS) {
            BigDecimal all =
                    rows.stream().map(r -> amount(r.path(sum.field()))).reduce(BigDecimal.ZERO, BigDecimal::add);
            if (sum.field().equals(MONEY)) {
                total.put(sum.field(), all.toPlainString());
            } else {
                total.put(sum.field(), all.longValue());
            }
        }
        return total;
    }

    /** Money is a text of a decimal, all else a number. */
    static BigDecimal amount(JsonNode node) {
        String text = node.asString("");
        try {
            return text.isEmpty() ? BigDecimal.ZERO : new BigDecimal(text);
        } catch (NumberFormatException e) {
            return BigDecimal.ZERO;
        }
    }

    private static Verb export() {
        return span(Verb.of("export", "Prints usage records, one JSON object a line unless -o says else.", c -> {
                    ApiPath path = span(c, ApiPath.of("usage", "records")).with("limit", "1000");
                    View view = c.output().format() == Format.CSV ? EXPORT : RECORDS;
                    if (!c.output().list(c.client().list(path), view, Format.JSONL)) {
                        c.note("nothing was used in that time");
                    }
                    return ExitCode.DONE;
                }))
                .example(
                        "llmproxyctl -t acme usage export --from 2026-11-01 > november.jsonl",
                        "llmproxyctl -t acme usage export --from 7d --model gpt-4o --status 5xx",
                        "llmproxyctl -t acme usage export --from 7d -o csv");
    }

    private static Verb tail() {
        return Verb.of("tail", "Prints usage records as they come, until interrupted.", UsageCommands::tail)
                .option("--user", "USER", "only this user")
                .example("llmproxyctl -t acme usage tail", "llmproxyctl usage tail -o jsonl | jq .model");
    }

    private static ExitCode tail(Context c) {
        ApiPath path = ApiPath.of("usage", "records")
                .with("tenant", tenant(c))
                .with("user", c.line().option("--user"))
                .with("limit", Integer.toString(PAGE))
                .with("tail", "true");
        String position = Json.text(c.client().get(path.with("cursor", "end")).path("next"));
        TailPrinter printer = new TailPrinter(c.output(), RECORDS);
        while (!c.output().closed()) {
            JsonNode page = c.client().get(path.with("cursor", position));
            JsonNode items = page.path("items");
            items.values().forEach(printer::print);
            String next = Json.text(page.path("next"));
            position = next.isEmpty() ? position : next;
            if (items.size() < PAGE && !c.shell().pause().second()) {
                break;
            }
        }
        return ExitCode.DONE;
    }

    /** The tenant named, else all of them; a user is one of a tenant, so there it is the only one. */
    private static @Nullable String tenant(Context c) {
        return c.line().option("--user") == null ? c.namedTenant() : c.tenant();
    }

    private static ApiPath span(Context c, ApiPath path) {
        Instant now = c.output().now();
        @Nullable String from = c.line().option("--from");
        @Nullable String to = c.line().option("--to");
        return path.with("tenant", tenant(c))
                .with("user", c.line().option("--user"))
                .with("key", c.line().option("--key"))
                .with("model", c.line().option("--model"))
                .with("provider", c.line().option("--provider"))
                .with("status", c.line().option("--status"))
                .with("from", from == null ? null : Times.asked("--from", from, now))
                .with("to", to == null ? null : Times.asked("--to", to, now))
                .with("timeZone", c.line().option("--time-zone"));
    }
}

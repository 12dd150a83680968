package io.llmproxy.cli;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * What the tenants and their users used in one month: as CSV, or as a page to be read, in Markdown or HTML, with a plot of each
 * tenant's days. Written tenant by tenant.
 */
final class MonthlyReport {
    static final List<String> FORMATS = List.of("csv", "markdown", "html");

    private final Context c;
    private final YearMonth month;
    private final ApiPath path;

    private MonthlyReport(Context c, YearMonth month) {
        this.c = c;
        this.month = month;
        this.path = ApiPath.of("usage", "report")
                .with("tenant", c.namedTenant())
                // days as they are: the server knows where they begin
                .with("from", month.atDay(1).toString())
                .with("to", month.plusMonths(1).atDay(1).toString())
                .with("timeZone", c.line().option("--time-zone"));
    }

    private static Instant start(YearMonth month) {
        return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    static ExitCode write(Context c, String month, String format) {
        new MonthlyReport(c, parsed(month)).write(format);
        return ExitCode.DONE;
    }

    private static YearMonth parsed(String text) {
        try {
            return YearMonth.parse(text);
        } catch (DateTimeException e) {
            throw CliException.usage("--month: no month such as 2026-10: '" + text + "'");
        }
    }

    private void write(String format) {
        if (format.equals("csv")) {
            csv();
            return;
        }
        ReportPage page = format.equals("html") ? new HtmlPage(out()) : new MarkdownPage(out());
        Map<String, List<JsonNode>> users = byTenant("user");
        Map<String, List<JsonNode>> days = byTenant("day");
        Map<String, List<JsonNode>> models = byTenant("model");
        Instant now = c.output().now();
        boolean running = now.isBefore(start(month.plusMonths(1)));
        page.begin(
                "Usage of " + month,
                "By llmproxy's ledger, days in " + zone() + ", money in USD"
                        + (running ? ", up to " + now + "." : "."));
        page.table("Tenants", "Tenant", tenants(users));
        users.forEach((tenant, rows) -> {
            page.section("Tenant " + tenant);
            page.plot("USD per day", values(days.getOrDefault(tenant, List.of()), "cost"));
            page.plot("Requests per day", values(days.getOrDefault(tenant, List.of()), "requests"));
            page.table(
                    "Users",
                    "User",
                    rows.stream()
                            .map(r -> line(r, "user", "(keys without a user)"))
                            .toList());
            page.table(
                    "Models",
                    "Model",
                    models.getOrDefault(tenant, List.of()).stream()
                            .map(r -> line(r, "model", "(no model)"))
                            .toList());
        });
        page.end();
        if (users.isEmpty()) {
            c.note("nothing was used in that time");
        }
    }

    private String zone() {
        String named = c.line().option("--time-zone");
        return named == null ? "the tenant's time zone (UTC where it has none, or there are several)" : named;
    }

    private PrintStream out() {
        return c.output().stream();
    }

    /** One row for each tenant, user and model, as it comes. */
    private void csv() {
        List<String> fields = List.of(
                "tenant",
                "user",
                "model",
                "requests",
                "errors",
                "inputTokens",
                "outputTokens",
                "totalTokens",
                "cachedInputTokens",
                "cacheWriteTokens",
                "reasoningTokens",
                "cost",
                "unpriced");
        List<String> head = new ArrayList<>(List.of("month"));
        head.addAll(fields);
        out().print(Csv.row(head));
        for (JsonNode row : c.client().list(path.with("by", "tenant,user,model"))) {
            List<String> cells = new ArrayList<>(List.of(month.toString()));
            fields.forEach(f -> cells.add(Json.text(row.path(f))));
            out().print(Csv.row(cells));
        }
    }

    private Map<String, List<JsonNode>> byTenant(String dimension) {
        List<JsonNode> rows = new ArrayList<>();
        c.client().list(path.with("by", "tenant," + dimension)).forEach(rows::add);
        Function<JsonNode, String> tenant = r -> Json.text(r.path("tenant"));
        return rows.stream().collect(Collectors.groupingBy(tenant, LinkedHashMap::new, Collectors.toList()));
    }

    private static List<ReportPage.Row> tenants(Map<String, List<JsonNode>> users) {
        List<ReportPage.Row> out = new ArrayList<>();
        users.forEach((tenant, rows) -> out.add(new ReportPage.Row(
                tenant,
                sum(rows, "requests").longValue(),
                sum(rows, "errors").longValue(),
                sum(rows, "inputTokens").longValue(),
                sum(rows, "outputTokens").longValue(),
                sum(rows, "cost"),
                sum(rows, "unpriced").longValue())));
        return out;
    }

    private static ReportPage.Row line(JsonNode row, String name, String missing) {
        String text = Json.text(row.path(name));
        return new ReportPage.Row(
                text.isEmpty() ? missing : text,
                row.path("requests").asLong(0),
                row.path("errors").asLong(0),
                row.path("inputTokens").asLong(0),
                row.path("outputTokens").asLong(0),
                UsageCommands.amount(row.path("cost")),
                row.path("unpriced").asLong(0));
    }

    private static BigDecimal sum(List<JsonNode> rows, String field) {
        return rows.stream().map(r -> UsageCommands.amount(r.path(field))).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    /** Of every day of the month, those without use too. */
    private List<ReportPage.Point> values(List<JsonNode> days, String field) {
        Map<String, BigDecimal> known = days.stream()
                .collect(Collectors.toMap(
                        d -> Json.text(d.path("day")), d -> UsageCommands.amount(d.path(field)), BigDecimal::add));
        List<ReportPage.Point> points = new ArrayList<>();
        for (int day = 1; day <= month.lengthOfMonth(); day++) {
            String date = month.atDay(day).toString();
            points.add(new ReportPage.Point(date, known.getOrDefault(date, BigDecimal.ZERO)));
        }
        return points;
    }
}

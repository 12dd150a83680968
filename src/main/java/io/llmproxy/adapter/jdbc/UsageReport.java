package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Sums up usage: whole hours from the rollups, and what is left at either end from the records. */
final class UsageReport {
    private static final String SUMS =
            UsageRollups.FIGURES.stream().map(c -> "SUM(" + c + ") AS " + c).collect(Collectors.joining(", "));

    /** How much time is summed up at once where its hours are held. */
    private static final Duration AT_ONCE = Duration.ofDays(31);

    private final Sql sql;
    private final UsageBlocks blocks;

    UsageReport(Sql sql, UsageBlocks blocks) {
        this.sql = sql;
        this.blocks = blocks;
    }

    private record Sum(List<@Nullable String> group, UsageFigures figures) {}

    List<UsageQuery.Row> rows(UsageQuery query, List<UsageQuery.Dimension> by) {
        Map<List<@Nullable String>, UsageFigures> sums = new HashMap<>();
        if (by.isEmpty()) {
            sums.put(List.of(), UsageFigures.ZERO);
        }
        // one moment for both, or a record that is written meanwhile would be in one and not in the other
        sql.transactions().snapshot(() -> {
            sum(query, by, sums);
            return true;
        });
        return sums.entrySet().stream()
                .map(e -> row(e.getKey(), e.getValue()))
                // not by the database, whose order of texts depends on its locale
                .sorted((a, b) -> compare(a.group(), b.group()))
                .toList();
    }

    private void sum(UsageQuery query, List<UsageQuery.Dimension> by, Map<List<@Nullable String>, UsageFigures> sums) {
        if (!by.stream().allMatch(UsageQuery.Dimension::summed)
                || !query.match().summed()) {
            records(query, query.from(), query.to(), by, sums);
            return;
        }
        Instant firstHour = query.from() == null ? null : upToHour(query.from());
        Instant endHour = query.to() == null ? null : query.to().truncatedTo(ChronoUnit.HOURS);
        if (firstHour != null && endHour != null && firstHour.isAfter(endHour)) {
            ragged(query, query.from(), query.to(), by, sums);
            return;
        }
        if (firstHour != null) {
            ragged(query, query.from(), firstHour, by, sums);
        }
        wholeHours(query.within(firstHour, endHour), by, sums);
        if (endHour != null) {
            ragged(query, endHour, query.to(), by, sums);
        }
    }

    /**
     * Days of another zone than UTC are made of hours here, as databases know zones by other names and rules than we do; a month at a
     * time, so that few hours are held. An hour that a day's end cuts belongs to the day in which it begins.
     */
    private void wholeHours(
            UsageQuery query, List<UsageQuery.Dimension> by, Map<List<@Nullable String>, UsageFigures> sums) {
        if (!byHour(query, by)) {
            hours(query, by, sums);
            return;
        }
        NamedSql ends = NamedSql.of(
                "SELECT MIN(hour_at) AS first_at, MAX(hour_at) AS last_at FROM usage_rollups WHERE " + filter(query));
        Ends all = sql.first("reporting usage", ends, params(query), Ends::of).orElse(Ends.NONE);
        Instant first = all.first;
        Instant last = all.last;
        if (first == null || last == null) {
            return;
        }
        Instant end = last.plus(Duration.ofHours(1));
        for (Instant from = first; from.isBefore(end); from = from.plus(AT_ONCE)) {
            Instant to = from.plus(AT_ONCE);
            hours(query.within(from, to.isBefore(end) ? to : end), by, sums);
        }
    }

    private record Ends(@Nullable Instant first, @Nullable Instant last) {
        static final Ends NONE = new Ends(null, null);

        static Ends of(Row row) throws SQLException {
            return new Ends(row.timeOrNull("first_at"), row.timeOrNull("last_at"));
        }
    }

    private static boolean byHour(UsageQuery query, List<UsageQuery.Dimension> by) {
        return !query.zone().equals(ZoneOffset.UTC) && by.stream().anyMatch(UsageQuery.Dimension::zoned);
    }

    private static Instant upToHour(Instant time) {
        Instant hour = time.truncatedTo(ChronoUnit.HOURS);
        return hour.equals(time) ? hour : hour.plus(Duration.ofHours(1));
    }

    private void ragged(
            UsageQuery query,
            @Nullable Instant from,
            @Nullable Instant to,
            List<UsageQuery.Dimension> by,
            Map<List<@Nullable String>, UsageFigures> sums) {
        if (from != null && to != null && from.isBefore(to)) {
            records(query, from, to, by, sums);
        }
    }

    private void records(
            UsageQuery query,
            @Nullable Instant from,
            @Nullable Instant to,
            List<UsageQuery.Dimension> by,
            Map<List<@Nullable String>, UsageFigures> sums) {
        UsageQuery part = query.within(from, to);
        Map<KeyHour, String> labels = by.contains(UsageQuery.Dimension.LABEL) ? labels(part) : Map.of();
        blocks.each(part, r -> {
            List<@Nullable String> values = new ArrayList<>();
            by.forEach(dimension -> values.add(
                    dimension == UsageQuery.Dimension.LABEL
                            ? labels.get(KeyHour.of(r))
                            : dimension.of(r, query.zone())));
            sums.merge(values, UsageFigures.of(r), UsageFigures::plus);
        });
    }

    private record KeyHour(UUID keyId, Instant hour) {
        static KeyHour of(UsageRecord r) {
            return new KeyHour(r.keyId(), r.startedAt().truncatedTo(ChronoUnit.HOURS));
        }
    }

    /** Records do not have them; the sums of their hours do. */
    private Map<KeyHour, String> labels(UsageQuery query) {
        UsageQuery hours =
                query.within(query.from() == null ? null : query.from().truncatedTo(ChronoUnit.HOURS), query.to());
        NamedSql select =
                NamedSql.of("SELECT DISTINCT hour_at, key_id, labels FROM usage_rollups WHERE labels IS NOT NULL AND "
                        + filter(hours));
        Map<KeyHour, String> labels = new HashMap<>();
        sql.list(
                        "reading labels of keys",
                        select,
                        params(hours),
                        row -> Map.entry(new KeyHour(row.uuid("key_id"), row.time("hour_at")), row.text("labels")))
                .forEach(e -> labels.put(e.getKey(), e.getValue()));
        return labels;
    }

    private void hours(
            UsageQuery query, List<UsageQuery.Dimension> by, Map<List<@Nullable String>, UsageFigures> sums) {
        StringBuilder text = new StringBuilder("SELECT ");
        for (int i = 0; i < by.size(); i++) {
            text.append(expression(by.get(i), query.zone()))
                    .append(" AS g")
                    .append(i)
                    .append(", ");
        }
        text.append(SUMS).append(" FROM usage_rollups WHERE ").append(filter(query));
        if (!by.isEmpty()) {
            text.append(" GROUP BY ")
                    .append(by.stream().map(d -> expression(d, query.zone())).collect(Collectors.joining(", ")));
        }
        sql.list("reporting usage", NamedSql.of(text.toString()), params(query), row -> sum(row, by, query.zone()))
                .forEach(sum -> sums.merge(sum.group, sum.figures, UsageFigures::plus));
    }

    private static Sum sum(Row row, List<UsageQuery.Dimension> by, ZoneId zone) throws SQLException {
        List<@Nullable String> group = new ArrayList<>();
        for (int i = 0; i < by.size(); i++) {
            String value = row.textOrNull("g" + i);
            group.add(value == null ? null : shown(by.get(i), value, zone));
        }
        return new Sum(group, UsageRollups.figures(row));
    }

    /** Of a week the database tells one of its days, of which several rows become one here. */
    private static String shown(UsageQuery.Dimension dimension, String value, ZoneId zone) {
        if (dimension.zoned() && !zone.equals(ZoneOffset.UTC)) {
            return dimension.time(Instant.parse(value.replace(' ', 'T') + ":00:00Z"), zone);
        }
        return switch (dimension) {
            case HOUR -> value.replace(' ', 'T') + ":00Z";
            case WEEK -> dimension.time(Instant.parse(value + "T00:00:00Z"), zone);
            default -> value;
        };
    }

    private static String expression(UsageQuery.Dimension dimension, ZoneId zone) {
        boolean hours = dimension.zoned() && !zone.equals(ZoneOffset.UTC);
        return switch (hours ? UsageQuery.Dimension.HOUR : dimension) {
            case TENANT -> "tenant_slug";
            case USER -> "user_email";
            case KEY -> "key_name";
            case MODEL -> "model";
            case PROVIDER -> "provider";
            case HOUR -> "TO_CHAR(hour_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')";
            case DAY, WEEK -> "TO_CHAR(hour_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')";
            case MONTH -> "TO_CHAR(hour_at AT TIME ZONE 'UTC', 'YYYY-MM')";
            case LABEL -> "labels";
            case ENDPOINT, STATUS, OUTCOME, OPERATION ->
                throw new IllegalStateException("the sums do not know " + dimension);
        };
    }

    private static String filter(UsageQuery query) {
        List<String> conditions = new ArrayList<>(List.of("1 = 1"));
        if (query.tenantId() != null) {
            conditions.add("tenant_id = :tenant");
        }
        if (query.userId() != null) {
            conditions.add("user_id = :user");
        }
        if (query.from() != null) {
            conditions.add("hour_at >= :from");
        }
        if (query.to() != null) {
            conditions.add("hour_at < :to");
        }
        UsageQuery.Match match = query.match();
        if (match.keyId() != null) {
            conditions.add("key_id = :key_id");
        }
        if (match.key() != null) {
            conditions.add("key_name = :key");
        }
        if (match.model() != null) {
            conditions.add("model = :model");
        }
        if (match.provider() != null) {
            conditions.add("provider = :provider");
        }
        return String.join(" AND ", conditions);
    }

    private static Params params(UsageQuery query) {
        return Params.of("tenant", query.tenantId())
                .and("user", query.userId())
                .and("from", query.from())
                .and("to", query.to())
                .and("key_id", query.match().keyId())
                .and("key", query.match().key())
                .and("model", query.match().model())
                .and("provider", query.match().provider());
    }

    private static UsageQuery.Row row(List<@Nullable String> group, UsageFigures f) {
        return new UsageQuery.Row(
                group,
                f.requests(),
                f.errors(),
                f.input(),
                f.output(),
                f.cachedInput(),
                f.cacheWrite(),
                f.reasoning(),
                f.costNanos(),
                f.unpriced());
    }

    private static int compare(List<@Nullable String> a, List<@Nullable String> b) {
        for (int i = 0; i < a.size(); i++) {
            String left = a.get(i);
            String right = b.get(i);
            if (left == null || right == null) {
                int nullsLast = Boolean.compare(left == null, right == null);
                if (nullsLast != 0) {
                    return nullsLast;
                }
            } else if (!left.equals(right)) {
                return left.compareTo(right);
            }
        }
        return 0;
    }
}

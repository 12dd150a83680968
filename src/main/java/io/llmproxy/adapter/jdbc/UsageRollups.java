package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The sums by hour. Whoever changes them holds the head of the ledger. */
final class UsageRollups {
    /** The columns of {@link UsageFigures}, in their order. */
    static final List<String> FIGURES = List.of(
            "requests",
            "errors",
            "input_tokens",
            "output_tokens",
            "cached_input_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
            "audio_input_tokens",
            "audio_output_tokens",
            "request_bytes",
            "response_bytes",
            "duration_us",
            "cost_nanos",
            "unpriced",
            "uncharged");

    private static final List<String> GROUP = List.of(
            "tenant_id",
            "hour_at",
            "id",
            "tenant_slug",
            "user_id",
            "user_email",
            "key_id",
            "key_name",
            "model",
            "provider");
    private static final NamedSql ADD = NamedSql.of("UPDATE usage_rollups SET "
            + FIGURES.stream().map(c -> c + " = " + c + " + :" + c).collect(Collectors.joining(", "))
            + " WHERE tenant_id = :tenant_id AND hour_at = :hour_at AND id = :id");
    /** With the labels that the key has now; every row of sums is of one key, so that they add none. */
    private static final NamedSql INSERT =
            NamedSql.of("INSERT INTO usage_rollups (" + String.join(", ", joined()) + ", labels) VALUES ("
                    + joined().stream().map(c -> ":" + c).collect(Collectors.joining(", "))
                    + ", (SELECT k.labels FROM api_keys k WHERE k.id = :key_id))");

    private final Sql sql;

    UsageRollups(Sql sql) {
        this.sql = sql;
    }

    private static List<String> joined() {
        List<String> all = new ArrayList<>(GROUP);
        all.addAll(FIGURES);
        return all;
    }

    /** @param sums by groups with clean texts */
    void add(Map<UsageGroup, UsageFigures> sums) {
        List<Params> rows = new ArrayList<>(sums.size());
        sums.forEach((group, figures) -> rows.add(params(group, figures)));
        if (rows.isEmpty()) {
            return;
        }
        int[] changed = sql.updateEach("adding to the sums of the ledger", ADD, rows);
        List<Params> fresh = new ArrayList<>();
        for (int i = 0; i < changed.length; i++) {
            if (changed[i] == 0) {
                fresh.add(rows.get(i));
            }
        }
        if (!fresh.isEmpty()) {
            sql.updateAll("adding to the sums of the ledger", INSERT, fresh);
        }
    }

    private static Params params(UsageGroup g, UsageFigures f) {
        Params params = Params.of("tenant_id", g.tenantId())
                .and("hour_at", g.hour())
                .and("id", id(g))
                .and("tenant_slug", g.tenantSlug())
                .and("user_id", g.userId())
                .and("user_email", g.userEmail())
                .and("key_id", g.keyId())
                .and("key_name", g.keyName())
                .and("model", g.model())
                .and("provider", g.provider());
        long[] values = values(f);
        for (int i = 0; i < values.length; i++) {
            params.and(FIGURES.get(i), values[i]);
        }
        return params;
    }

    /** In the order of {@link #FIGURES}. */
    static long[] values(UsageFigures f) {
        return new long[] {
            f.requests(),
            f.errors(),
            f.input(),
            f.output(),
            f.cachedInput(),
            f.cacheWrite(),
            f.reasoning(),
            f.audioInput(),
            f.audioOutput(),
            f.requestBytes(),
            f.responseBytes(),
            f.durationMicros(),
            f.costNanos(),
            f.unpriced(),
            f.uncharged()
        };
    }

    /** The figures of a row or of sums over rows. */
    static UsageFigures figures(Row row) throws SQLException {
        return new UsageFigures(
                row.number(FIGURES.get(0)),
                row.number(FIGURES.get(1)),
                row.number(FIGURES.get(2)),
                row.number(FIGURES.get(3)),
                row.number(FIGURES.get(4)),
                row.number(FIGURES.get(5)),
                row.number(FIGURES.get(6)),
                row.number(FIGURES.get(7)),
                row.number(FIGURES.get(8)),
                row.number(FIGURES.get(9)),
                row.number(FIGURES.get(10)),
                row.number(FIGURES.get(11)),
                row.number(FIGURES.get(12)),
                row.number(FIGURES.get(13)),
                row.number(FIGURES.get(14)));
    }

    static UsageGroup group(Row row) throws SQLException {
        return new UsageGroup(
                row.time("hour_at"),
                row.uuid("tenant_id"),
                row.text("tenant_slug"),
                row.uuidOrNull("user_id"),
                row.textOrNull("user_email"),
                row.uuid("key_id"),
                row.text("key_name"),
                row.textOrNull("model"),
                row.textOrNull("provider"));
    }

    /** The same for the same group, whatever is null in it: a unique key takes every NULL for another value. */
    static UUID id(UsageGroup g) {
        StringBuilder text = new StringBuilder();
        List<@Nullable Object> parts = new ArrayList<>();
        Collections.addAll(
                parts, g.tenantSlug(), g.userId(), g.userEmail(), g.keyId(), g.keyName(), g.model(), g.provider());
        for (Object part : parts) {
            String value = part == null ? "" : part.toString();
            // lengths, so that no two groups give the same text
            text.append(part == null ? -1 : value.length()).append(':').append(value);
        }
        ByteBuffer digest = ByteBuffer.wrap(BlockCoding.digest(text.toString().getBytes(StandardCharsets.UTF_8)));
        return new UUID(digest.getLong(), digest.getLong());
    }
}

package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Recording;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import io.llmproxy.port.StoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statements on the table of idempotency that both databases share. */
final class IdempotencyRows {
    /** What a row takes beside its answer. */
    private static final long ROW_BYTES = 512;

    private static final NamedSql FIND =
            NamedSql.of("SELECT content, claim, answer, lease_until > CURRENT_TIMESTAMP AS held, expires_at"
                    + " FROM idempotency WHERE identity = :identity");
    private static final NamedSql PURGE = NamedSql.of("DELETE FROM idempotency WHERE identity IN (SELECT identity"
            + " FROM idempotency WHERE expires_at <= :now ORDER BY expires_at LIMIT :max)");
    private static final NamedSql OVER = NamedSql.of(
            "SELECT tenant_id, SUM(size) AS bytes FROM idempotency" + " GROUP BY tenant_id HAVING SUM(size) > :bytes");
    private static final NamedSql OLDEST = NamedSql.of("SELECT identity, size FROM idempotency"
            + " WHERE tenant_id IS NOT DISTINCT FROM CAST(:tenant AS UUID) AND answer IS NOT NULL"
            + " ORDER BY expires_at LIMIT :max");
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM idempotency WHERE identity = :identity");

    private final Sql sql;
    private final AnswerText text;

    IdempotencyRows(Sql sql, AnswerText text) {
        this.sql = sql;
        this.text = text;
    }

    /** A row as it is; {@code held} where a claim's lease runs still. */
    record Found(String content, UUID claim, @Nullable String answer, boolean held, Instant expiresAt) {
        boolean dead(Instant now) {
            return answer == null ? !held : !expiresAt.isAfter(now);
        }
    }

    @Nullable
    Found find(Request request) {
        return sql.first(
                        "looking up an Idempotency-Key",
                        FIND,
                        Params.of("identity", request.identity().hex()),
                        row -> new Found(
                                row.text("content"),
                                row.uuid("claim"),
                                row.textOrNull("answer"),
                                row.flag("held"),
                                row.time("expires_at")))
                .orElse(null);
    }

    /** What a live row says to the request. */
    State state(Found found, Request request) {
        if (!found.content.equals(request.content().hex())) {
            return new State.Conflict();
        }
        return found.answer == null
                ? new State.Running()
                : new State.Recorded(opened(found.answer, request.identity(), found.claim));
    }

    private RecordedAnswer opened(String answer, Fingerprint identity, UUID claim) {
        try {
            return text.read(answer, context(identity, claim));
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new StoreException("opening a recorded answer: it was sealed under another key, or is damaged", e);
        }
    }

    private static String context(Fingerprint identity, UUID claim) {
        return "idempotency|" + identity.hex() + "|" + claim;
    }

    /** The columns of a recording. */
    Params params(Recording recording) {
        Claim claim = recording.claim();
        Request request = claim.request();
        String answer = text.write(recording.answer(), context(request.identity(), claim.id()));
        return params(claim)
                .and("tenant_id", request.tenantId())
                .and("content", request.content().hex())
                .and("answer", answer)
                .and("size", answer.length() + ROW_BYTES)
                .and("expires_at", recording.expiresAt());
    }

    static Params params(Claim claim) {
        return Params.of("identity", claim.request().identity().hex()).and("claim", claim.id());
    }

    int purge(Instant now, int max) {
        return sql.update(
                "deleting expired answers", PURGE, Params.of("now", now).and("max", max));
    }

    private record Owner(@Nullable UUID tenant, long bytes) {}

    private record Sized(String identity, long size) {}

    int trim(long bytes, int max) {
        List<Owner> over = sql.list(
                "measuring recorded answers",
                OVER,
                Params.of("bytes", bytes),
                row -> new Owner(row.uuidOrNull("tenant_id"), row.number("bytes")));
        int deleted = 0;
        for (Owner owner : over) {
            deleted += trim(owner, owner.bytes - bytes, max);
        }
        return deleted;
    }

    private int trim(Owner owner, long excess, int max) {
        List<Sized> oldest = sql.list(
                "looking for the oldest answers",
                OLDEST,
                Params.of("tenant", owner.tenant).and("max", max),
                row -> new Sized(row.text("identity"), row.number("size")));
        List<Params> doomed = new ArrayList<>();
        long left = excess;
        for (Sized one : oldest) {
            if (left > 0) {
                doomed.add(Params.of("identity", one.identity));
                left -= one.size;
            }
        }
        return doomed.isEmpty() ? 0 : sql.updateAll("deleting the oldest answers", DELETE, doomed);
    }

    /** Puts these rows in the place of what there may be of an expired answer. */
    void replace(NamedSql insert, List<Params> all) {
        sql.transactions().inTransaction(() -> {
            sql.updateAll("deleting expired answers", DELETE, all);
            return sql.updateAll("recording answers", insert, all);
        });
    }
}

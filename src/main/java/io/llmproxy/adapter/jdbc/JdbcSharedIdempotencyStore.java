package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Ids;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Answers in a PostgreSQL that several processes share. A claim is a row without an answer, whose lease runs by the database's
 * clock, since those of the processes may differ; how long an answer is kept goes by the process's clock, as everything does
 * that an operator sees.
 */
final class JdbcSharedIdempotencyStore implements IdempotencyStore {
    /** How often a row may vanish between two statements before somebody is at fault. */
    private static final int TRIES = 5;

    private static final String LEASE = "CURRENT_TIMESTAMP + make_interval(secs => :lease)";
    private static final NamedSql CLAIM =
            NamedSql.of("INSERT INTO idempotency (identity, tenant_id, content, claim, lease_until, size, expires_at)"
                    + " VALUES (:identity, :tenant_id, :content, :claim, " + LEASE + ", 0, :expires_at)"
                    + " ON CONFLICT (identity) DO UPDATE SET tenant_id = excluded.tenant_id,"
                    + " content = excluded.content, claim = excluded.claim, lease_until = excluded.lease_until,"
                    + " answer = NULL, size = 0, expires_at = excluded.expires_at"
                    + " WHERE (idempotency.answer IS NULL AND idempotency.lease_until <= CURRENT_TIMESTAMP)"
                    + " OR (idempotency.answer IS NOT NULL AND idempotency.expires_at <= :now)");
    private static final String OURS = " WHERE identity = :identity AND claim = :claim AND answer IS NULL";
    private static final NamedSql RENEW = NamedSql.of("UPDATE idempotency SET lease_until = " + LEASE + OURS);
    private static final NamedSql RECORD = NamedSql.of(
            "UPDATE idempotency SET answer = :answer, size = :size, expires_at = :expires_at, lease_until = NULL"
                    + OURS);
    private static final NamedSql RELEASE = NamedSql.of("DELETE FROM idempotency" + OURS);
    /** For a claim whose process died; it is dead after its lease, and this is when the row goes. */
    private static final Duration CLAIM_KEPT = Duration.ofDays(1);

    private final Sql sql;
    private final IdempotencyRows rows;
    private final Duration lease;

    JdbcSharedIdempotencyStore(Sql sql, IdempotencyRows rows, Duration lease) {
        this.sql = sql;
        this.rows = rows;
        this.lease = lease;
    }

    @Override
    public State claim(Request request, Instant now) {
        for (int i = 0; i < TRIES; i++) {
            IdempotencyRows.Found found = rows.find(request);
            if (found != null && !found.dead(now)) {
                return rows.state(found, request);
            }
            Claim claim = new Claim(request, Ids.next(now));
            if (sql.update("claiming an Idempotency-Key", CLAIM, claimed(claim, now)) > 0) {
                return new State.Granted(claim);
            }
        }
        throw new StoreException(
                "claiming an Idempotency-Key: others claim and free it all the time",
                new IllegalStateException("not claimed in " + TRIES + " tries"));
    }

    private Params claimed(Claim claim, Instant now) {
        return leased(claim)
                .and("tenant_id", claim.request().tenantId())
                .and("content", claim.request().content().hex())
                .and("now", now)
                .and("expires_at", now.plus(CLAIM_KEPT));
    }

    private Params leased(Claim claim) {
        return IdempotencyRows.params(claim).and("lease", lease.toMillis() / 1000.0);
    }

    @Override
    public Duration lease() {
        return lease;
    }

    @Override
    public void renew(List<Claim> claims) {
        update(
                "renewing claims",
                RENEW,
                sorted(claims).stream().map(this::leased).toList());
    }

    @Override
    public void record(List<Recording> recordings) {
        List<Params> params = recordings.stream()
                .sorted(Comparator.comparing(r -> r.claim().request().identity().hex()))
                .map(rows::params)
                .toList();
        update("recording answers", RECORD, params);
    }

    @Override
    public void release(List<Claim> claims) {
        update(
                "releasing claims",
                RELEASE,
                sorted(claims).stream().map(IdempotencyRows::params).toList());
    }

    /** In one order everywhere, so that two statements over several rows do not wait for each other. */
    private static List<Claim> sorted(List<Claim> claims) {
        List<Claim> sorted = new ArrayList<>(claims);
        sorted.sort(Comparator.comparing(c -> c.request().identity().hex()));
        return sorted;
    }

    private void update(String doing, NamedSql statement, List<Params> all) {
        if (!all.isEmpty()) {
            sql.updateAll(doing, statement, all);
        }
    }

    @Override
    public int purge(Instant now, int max) {
        return rows.purge(now, max);
    }

    @Override
    public int trim(long bytes, int max) {
        return rows.trim(bytes, max);
    }
}

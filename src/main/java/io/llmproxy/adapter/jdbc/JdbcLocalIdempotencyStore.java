package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.port.IdempotencyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Answers in a database that one process alone has open: its claims are in memory, and end with it. */
final class JdbcLocalIdempotencyStore implements IdempotencyStore {
    /** Nothing where the tenant is gone: its answers go with it. */
    private static final NamedSql INSERT =
            NamedSql.of("INSERT INTO idempotency (identity, tenant_id, content, claim, answer, size, expires_at)"
                    + " SELECT :identity, CAST(:tenant_id AS UUID), :content, :claim, :answer, :size, :expires_at"
                    + " WHERE :tenant_id IS NULL OR EXISTS (SELECT 1 FROM tenants WHERE id = :tenant_id)");

    private final IdempotencyRows rows;
    private final Map<Fingerprint, Claim> held = new ConcurrentHashMap<>();

    JdbcLocalIdempotencyStore(IdempotencyRows rows) {
        this.rows = rows;
    }

    @Override
    public State claim(Request request, Instant now) {
        Claim claim = new Claim(request, Ids.next(now));
        Claim other = held.putIfAbsent(request.identity(), claim);
        if (other != null) {
            return other.request().content().equals(request.content()) ? new State.Running() : new State.Conflict();
        }
        State state = null;
        try {
            IdempotencyRows.Found found = rows.find(request);
            state = found == null || found.answer() == null || found.dead(now)
                    ? new State.Granted(claim)
                    : rows.state(found, request);
            return state;
        } finally {
            if (!(state instanceof State.Granted)) {
                held.remove(request.identity(), claim);
            }
        }
    }

    @Override
    public @Nullable Duration lease() {
        return null;
    }

    @Override
    public void renew(List<Claim> claims) {}

    @Override
    public void record(List<Recording> recordings) {
        List<Params> params = recordings.stream()
                .filter(r -> r.claim().equals(held.get(r.claim().request().identity())))
                .map(rows::params)
                .toList();
        if (!params.isEmpty()) {
            rows.replace(INSERT, params);
        }
        recordings.forEach(r -> free(r.claim()));
    }

    @Override
    public void release(List<Claim> claims) {
        claims.forEach(this::free);
    }

    private void free(Claim claim) {
        held.remove(claim.request().identity(), claim);
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

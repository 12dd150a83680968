package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditChain.Head;
import io.llmproxy.domain.audit.AuditChain.Link;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.StoreException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The chains of the audit log in the database. */
final class JdbcAuditChainStore implements AuditChainStore {
    private static final int AT_ONCE = 500;
    private static final NamedSql LIST =
            NamedSql.of("SELECT * FROM audit_chains WHERE id > :after ORDER BY id LIMIT :rows");
    private static final NamedSql FIRST = NamedSql.of("SELECT * FROM audit_chains ORDER BY id LIMIT :rows");
    static final NamedSql LINKS = NamedSql.of("SELECT * FROM audit_events WHERE chain_id = :chain"
            + " AND number >= :from AND number <= :last ORDER BY number LIMIT :max");
    private static final NamedSql HEADS = NamedSql.of("SELECT * FROM audit_heads WHERE chain_id = :chain"
            + " AND number >= :from AND number <= :to ORDER BY number, mark");
    static final NamedSql SINCE =
            NamedSql.of("SELECT MIN(number) AS number FROM audit_events WHERE chain_id = :chain AND at >= :time");
    private static final NamedSql BEFORE =
            NamedSql.of("SELECT MAX(number) AS number FROM audit_events WHERE chain_id = :chain AND at < :time");
    private static final NamedSql MIN =
            NamedSql.of("SELECT MIN(number) AS number FROM audit_events WHERE chain_id = :chain");
    private static final NamedSql MAX =
            NamedSql.of("SELECT MAX(number) AS number FROM audit_events WHERE chain_id = :chain");
    private static final NamedSql UNSIGNED = NamedSql.of("SELECT * FROM audit_chains WHERE number > signed_number"
            + " AND (number - signed_number >= :unsigned OR unsigned_at < :due) ORDER BY id");
    private static final NamedSql FREE =
            NamedSql.of("SELECT * FROM audit_events WHERE chain_id IS NULL ORDER BY seq LIMIT :max");
    private static final NamedSql ADOPT = NamedSql.of("UPDATE audit_events SET chain_id = :chain, number = :number,"
            + " hash = :hash WHERE seq = :seq AND chain_id IS NULL");

    private final Sql sql;
    private final AuditChains chains;
    private final JdbcAuditStore events;

    JdbcAuditChainStore(Sql sql, AuditChains chains, JdbcAuditStore events) {
        this.sql = sql;
        this.chains = chains;
        this.events = events;
    }

    @Override
    public Optional<AuditChain> find(UUID chain) {
        return chains.find(chain);
    }

    @Override
    public Page<AuditChain> list(Page.Request request) {
        Params params = Params.of("rows", request.limit() + 1);
        List<AuditChain> rows = request.after() == null
                ? sql.list(AuditChains.DOING, FIRST, params, AuditChains::chain)
                : sql.list(
                        AuditChains.DOING,
                        LIST,
                        params.and("after", UUID.fromString(request.after())),
                        AuditChains::chain);
        return Pages.of(rows, request.limit(), c -> c.id().toString());
    }

    private record Found(long number, @Nullable String hash, AuditEvent event) {
        private static Found of(Row row) throws SQLException {
            return new Found(row.number("number"), row.textOrNull("hash"), AuditRows.event(row));
        }
    }

    /** The hash of an event is read, and the one before it is the one of the row before: whoever reads them sees whether they agree. */
    @Override
    public List<Link> links(UUID chain, long after, long last, int max) {
        Params params =
                Params.of("chain", chain).and("from", after).and("last", last).and("max", max + 1);
        List<Found> rows = sql.list(AuditChains.DOING, LINKS, params, Found::of);
        AuditChain state = chains.find(chain).orElseThrow();
        List<Link> links = new ArrayList<>();
        String previous = after == state.purgedNumber() ? state.purgedHash() : AuditChain.NOTHING;
        for (Found found : rows) {
            String hash = found.hash == null ? "" : found.hash;
            if (found.number > after && links.size() < max) {
                links.add(new Link(chain, found.number, previous, hash, found.event));
            }
            previous = hash;
        }
        return links;
    }

    @Override
    public List<Head> heads(UUID chain, long from, long to) {
        return AuditChains.heads(
                sql, HEADS, Params.of("chain", chain).and("from", from).and("to", to));
    }

    @Override
    public Optional<Long> firstSince(UUID chain, @Nullable Instant from) {
        return number(from == null ? MIN : SINCE, chain, from);
    }

    @Override
    public Optional<Long> lastBefore(UUID chain, @Nullable Instant to) {
        return number(to == null ? MAX : BEFORE, chain, to);
    }

    private Optional<Long> number(NamedSql query, UUID chain, @Nullable Instant time) {
        Params params = Params.of("chain", chain).and("time", time);
        return sql.first(AuditChains.DOING, query, params, row -> row.number("number"))
                .filter(n -> n > 0);
    }

    private record Unsigned(AuditChain chain, long signed) {
        private static Unsigned of(Row row) throws SQLException {
            return new Unsigned(AuditChains.chain(row), row.number("signed_number"));
        }
    }

    @Override
    public List<Head> sign(int unsigned, Instant due, Instant now) {
        Params params = Params.of("unsigned", unsigned).and("due", due);
        List<Head> signed = new ArrayList<>();
        StoreException.Broken broken = null;
        for (Unsigned chain : sql.list("signing the audit log", UNSIGNED, params, Unsigned::of)) {
            try {
                check(chain);
                signed.add(chains.sign(chain.chain.id(), chain.chain.number(), chain.chain.hash(), now));
            } catch (StoreException.Broken e) {
                broken = e;
            }
        }
        if (broken != null) {
            throw broken;
        }
        return signed;
    }

    /** What was signed stays signed, so that only what came since is looked at. */
    private void check(Unsigned unsigned) {
        AuditChain chain = unsigned.chain;
        long at = Math.max(unsigned.signed, chain.purgedNumber());
        String hash = at == chain.purgedNumber() ? chain.purgedHash() : signedHash(chain, at);
        while (at < chain.number()) {
            List<Link> links = links(chain.id(), at, chain.number(), AT_ONCE);
            for (Link link : links) {
                boolean inOrder = link.number() == at + 1
                        && AuditRows.hash(chain.id(), link.number(), hash, link.event())
                                .equals(link.hash());
                if (!inOrder) {
                    throw broken(chain, at + 1, "is not as it was written, or is gone");
                }
                at++;
                hash = link.hash();
            }
            if (links.isEmpty()) {
                throw broken(chain, at + 1, "is gone");
            }
        }
        if (!hash.equals(chain.hash())) {
            throw broken(chain, at, "is not the one that the chain ended with");
        }
    }

    private String signedHash(AuditChain chain, long number) {
        return heads(chain.id(), number, number).stream()
                .map(Head::hash)
                .findFirst()
                .orElseThrow(() -> broken(chain, number, "was signed, and its signature is gone"));
    }

    private static StoreException.Broken broken(AuditChain chain, long number, String what) {
        String owner = chain.tenantSlug() == null ? "the installation" : "the tenant " + chain.tenantSlug();
        return new StoreException.Broken(
                "the audit log of " + owner + ": event " + number + " " + what + "; see llmproxyctl audit verify");
    }

    private record Free(long seq, AuditEvent event) {}

    @Override
    public int adopt(int max, Instant now) {
        return sql.transactions().inTransaction(() -> {
            Params params = Params.of("max", max);
            List<Free> free = sql.list(
                    "chaining the audit log", FREE, params, row -> new Free(row.number("seq"), AuditRows.event(row)));
            Map<UUID, List<Free>> byChain = new TreeMap<>();
            free.forEach(f -> byChain.computeIfAbsent(f.event.chain(), c -> new ArrayList<>())
                    .add(f));
            // in one order everywhere, so that two processes do not wait for each other
            byChain.forEach((chain, some) -> adopt(chain, some, now));
            return free.size();
        });
    }

    private void adopt(UUID id, List<Free> free, Instant now) {
        AuditEvent last = free.getLast().event;
        AuditChain chain = chains.hold(id, last.tenantSlug());
        long number = chain.number();
        String hash = chain.hash();
        int adopted = 0;
        for (Free f : free) {
            Link link = AuditRows.link(id, number + 1, hash, f.event);
            Params params = Params.of("chain", id)
                    .and("number", link.number())
                    .and("hash", link.hash())
                    .and("seq", f.seq);
            if (sql.update("chaining the audit log", ADOPT, params) > 0) {
                chains.move(link);
                number++;
                hash = link.hash();
                adopted++;
            }
        }
        if (adopted > 0) {
            events.append(new AuditEvent(
                    Ids.next(now),
                    now,
                    last.tenantId(),
                    last.tenantSlug(),
                    Actor.SYSTEM,
                    "audit.genesis",
                    "audit/events",
                    Map.of("events", String.valueOf(adopted), "last", String.valueOf(number))));
        }
    }
}

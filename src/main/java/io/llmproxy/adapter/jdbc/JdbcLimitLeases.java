package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.port.LimitLeases;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The book of leases in PostgreSQL. An exchange locks the rows of its counters in their order, so that two processes wait for each
 * other and never in a circle, and only then reads the shares and the clock: whatever another process gave back, it gave back
 * before that moment.
 */
final class JdbcLimitLeases implements LimitLeases {
    private static final int PURGE_EVERY = 1000;

    private static final String UNTIL = "clock_timestamp() + make_interval(secs => :lease)";
    private static final NamedSql FORMER = NamedSql.of("SELECT lease_until FROM limit_processes WHERE id = :id");
    private static final NamedSql JOIN = NamedSql.of("INSERT INTO limit_processes (id, tenant, lease_until, stopped)"
            + " VALUES (:id, :tenant, " + UNTIL + ", FALSE) ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant,"
            + " lease_until = excluded.lease_until, stopped = FALSE");
    private static final NamedSql LEAVE =
            NamedSql.of("UPDATE limit_processes SET lease_until = clock_timestamp(), stopped = TRUE WHERE id = :id");
    private static final NamedSql ONE_BY_ONE = NamedSql.of("SELECT pg_advisory_xact_lock(4711013)");
    /** Nobody was heard of for half a lease: the database was away, and who was alive then may still be. */
    private static final NamedSql SPARE = NamedSql.of("UPDATE limit_processes p SET lease_until = " + UNTIL
            + " FROM (SELECT max(lease_until) AS last FROM limit_processes) m"
            + " WHERE m.last < clock_timestamp() + make_interval(secs => :lease / 2)"
            + " AND m.last > clock_timestamp() - INTERVAL '1 day'"
            + " AND p.lease_until > m.last - make_interval(secs => :lease) AND NOT p.stopped AND p.id <> :id");

    private static final NamedSql PROCESSES = NamedSql.of("SELECT count(*) AS number, clock_timestamp() AS now"
            + " FROM limit_processes WHERE lease_until > clock_timestamp()"
            + " AND (tenant = :tenant OR tenant = '*' OR :tenant = '*')");
    private static final String ASKED =
            " jsonb_to_recordset(CAST(:rows AS jsonb)) AS a(limit_id text, subject text, share bigint,"
                    + " sure bigint, used bigint, known bigint, lasting boolean)";
    private static final String SAME = " a.limit_id = %1$s.limit_id AND a.subject = %1$s.subject";
    private static final NamedSql OPEN =
            NamedSql.of("INSERT INTO limit_counters (limit_id, subject, known, known_at, lasting)"
                    + " SELECT a.limit_id, a.subject, GREATEST(0, a.known), clock_timestamp(), a.lasting FROM" + ASKED
                    + " ORDER BY a.limit_id, a.subject ON CONFLICT DO NOTHING RETURNING limit_id, subject");
    private static final NamedSql LOCK = NamedSql.of("SELECT c.limit_id, c.subject, c.known, c.known_at"
            + " FROM limit_counters c JOIN" + ASKED + " ON" + SAME.formatted("c")
            + " ORDER BY c.limit_id, c.subject FOR UPDATE OF c");
    private static final NamedSql SHARES =
            NamedSql.of("SELECT s.limit_id, s.subject, s.process, s.share, s.sure, s.used,"
                    + " COALESCE(p.lease_until, to_timestamp(0)) AS lease_until"
                    + " FROM limit_shares s JOIN" + ASKED + " ON" + SAME.formatted("s")
                    + " LEFT JOIN limit_processes p ON p.id = s.process");
    private static final NamedSql PUT =
            NamedSql.of("INSERT INTO limit_shares (limit_id, subject, process, share, sure, used)"
                    + " SELECT a.limit_id, a.subject, :id, a.share, a.sure, a.used FROM" + ASKED
                    + " ON CONFLICT (limit_id, subject, process) DO UPDATE SET share = excluded.share,"
                    + " sure = excluded.sure, used = excluded.used");
    private static final NamedSql DROP = NamedSql.of(
            "DELETE FROM limit_shares s USING" + ASKED + " WHERE" + SAME.formatted("s") + " AND s.process = :id");
    private static final NamedSql WANT =
            NamedSql.of("UPDATE limit_counters c SET wanted_until = clock_timestamp() + INTERVAL '3 seconds' FROM"
                    + ASKED + " WHERE" + SAME.formatted("c"));
    private static final NamedSql WANTED = NamedSql.of("SELECT s.limit_id, s.subject FROM limit_counters c"
            + " JOIN limit_shares s ON s.limit_id = c.limit_id AND s.subject = c.subject"
            + " WHERE c.wanted_until > clock_timestamp() AND s.process = :id AND s.share > s.used LIMIT 1000");
    private static final NamedSql RESETS = NamedSql.of("SELECT limit_id, resets FROM limit_resets");
    private static final NamedSql RESET = NamedSql.of("INSERT INTO limit_resets (limit_id, resets) VALUES (:limit, 1)"
            + " ON CONFLICT (limit_id) DO UPDATE SET resets = limit_resets.resets + 1 RETURNING resets");
    private static final NamedSql LOCK_LIMIT =
            NamedSql.of("SELECT subject FROM limit_counters WHERE limit_id = :limit ORDER BY subject FOR UPDATE");
    private static final NamedSql FORGET = NamedSql.of("UPDATE limit_counters SET known = 0 WHERE limit_id = :limit");
    private static final NamedSql FORGET_DEAD =
            NamedSql.of("DELETE FROM limit_shares s USING limit_processes p WHERE s.limit_id = :limit"
                    + " AND p.id = s.process AND p.lease_until <= clock_timestamp()");
    private static final String NAMED =
            "(SELECT a.limit_id FROM jsonb_to_recordset(CAST(:limits AS jsonb)) AS a(limit_id text))";
    private static final NamedSql USED = NamedSql.of("SELECT s.limit_id, s.subject, s.process, s.share, s.sure, s.used,"
            + " COALESCE(p.lease_until, to_timestamp(0)) AS lease_until,"
            + " clock_timestamp() AS now FROM limit_shares s LEFT JOIN limit_processes p ON p.id = s.process"
            + " WHERE s.limit_id IN " + NAMED + " AND s.process <> :id");
    private static final NamedSql KNOWN = NamedSql.of("SELECT limit_id, subject, known, known_at,"
            + " clock_timestamp() AS now FROM limit_counters WHERE limit_id IN " + NAMED + " AND known > 0");

    private final Sql sql;
    private final UUID process;
    private final String tenant;
    private final Duration lease;
    private Instant former = Instant.EPOCH;
    private int exchanges;
    private boolean missed = true;

    /** @param tenant the one that the process serves; {@code *}: all */
    JdbcLimitLeases(Sql sql, UUID process, String tenant, Duration lease) {
        this.sql = sql;
        this.process = process;
        this.tenant = tenant;
        this.lease = lease;
    }

    @Override
    public Duration lease() {
        return lease;
    }

    @Override
    public Start join() {
        former = sql.first("joining other processes", FORMER, Params.of("id", process), row -> row.time("lease_until"))
                .orElse(Instant.EPOCH);
        return sql.transactions().inTransaction(() -> {
            beHeardOf(true);
            return new Start(peers().now, resets());
        });
    }

    /** @param first after a time without the database: those who have not come back yet are not taken for dead */
    private void beHeardOf(boolean first) {
        if (first) {
            sql.list("looking for other processes", ONE_BY_ONE, Params.none(), row -> true);
            sql.update("sparing other processes", SPARE, own());
        }
        sql.update("being heard of", JOIN, own());
    }

    private Params own() {
        return Params.of("id", process).and("tenant", tenant).and("lease", lease.toMillis() / 1000.0);
    }

    private record Peers(int number, Instant now) {}

    private Peers peers() {
        return sql.list("counting processes", PROCESSES, own(), r -> new Peers(r.integer("number"), r.time("now")))
                .getFirst();
    }

    private Map<String, Long> resets() {
        Map<String, Long> resets = new HashMap<>();
        sql.list(
                        "reading resets of limits",
                        RESETS,
                        Params.none(),
                        r -> Map.entry(r.text("limit_id"), r.number("resets")))
                .forEach(e -> resets.put(e.getKey(), e.getValue()));
        return resets;
    }

    @Override
    public Round exchange(List<Ask> asks) {
        if (++exchanges % PURGE_EVERY == 0) {
            LeasePurge.run(sql);
        }
        boolean before = missed;
        missed = true;
        Round round = sql.transactions().inTransaction(() -> {
            beHeardOf(before);
            Map<Place, Counted> counted = asks.isEmpty() ? Map.of() : counted(asks);
            Peers peers = peers(); // the clock is read when all is locked
            List<Given> given = asks.isEmpty() ? List.of() : shared(asks, counted, peers);
            List<Place> wanted = peers.number == 1
                    ? List.of()
                    : sql.list("looking for what others lack", WANTED, own(), JdbcLimitLeases::placeOf);
            return new Round(peers.now, Math.max(1, peers.number), given, wanted, resets());
        });
        missed = false;
        return round;
    }

    private static Place placeOf(Row row) throws java.sql.SQLException {
        return new Place(row.text("limit_id"), row.text("subject"));
    }

    private static Place place(Ask ask) {
        return new Place(ask.limit().id(), ask.subject());
    }

    /** A counter as it is, locked by this transaction. */
    private record Counted(boolean fresh, long known, Instant knownAt, List<Held> held) {}

    private record Held(Place place, UUID process, long share, long sure, long used, Instant leaseUntil) {
        static Held of(Row row) throws java.sql.SQLException {
            return new Held(
                    placeOf(row),
                    row.uuid("process"),
                    row.number("share"),
                    row.number("sure"),
                    row.number("used"),
                    row.time("lease_until"));
        }
    }

    private record Known(Place place, long amount, Instant at) {
        static Known of(Row row) throws java.sql.SQLException {
            return new Known(placeOf(row), row.number("known"), row.time("known_at"));
        }
    }

    private Map<Place, Counted> counted(List<Ask> asks) {
        Params rows = Params.of("rows", rows(asks, null));
        Set<Place> fresh = new HashSet<>(sql.list("opening shared counters", OPEN, rows, JdbcLimitLeases::placeOf));
        Map<Place, Counted> counted = new HashMap<>();
        sql.list("locking shared counters", LOCK, rows, Known::of)
                .forEach(k ->
                        counted.put(k.place, new Counted(fresh.contains(k.place), k.amount, k.at, new ArrayList<>())));
        sql.list("reading shares", SHARES, rows, Held::of).forEach(h -> {
            Counted counter = counted.get(h.place);
            if (counter != null) {
                counter.held.add(h);
            }
        });
        return counted;
    }

    private List<Given> shared(List<Ask> asks, Map<Place, Counted> counted, Peers peers) {
        List<Ask> dropped = new ArrayList<>();
        List<Ask> lacking = new ArrayList<>();
        List<Given> given = new ArrayList<>();
        for (Ask ask : asks) {
            Counted counter = counted.get(place(ask));
            Given one = counter == null ? new Given(ask.keep(), ask.sure(), 0, 0, 0) : given(ask, counter, peers);
            given.add(one);
            if (ask.end()) {
                dropped.add(ask);
            } else if (one.share() < ask.keep() + one.inherited() + ask.least()) {
                lacking.add(ask);
            }
        }
        sql.update("writing shares", PUT, own().and("rows", rows(asks, given)));
        update("giving shares back", DROP, dropped);
        update("asking others for unused shares", WANT, lacking);
        return given;
    }

    private void update(String doing, NamedSql statement, List<Ask> asks) {
        if (!asks.isEmpty()) {
            sql.update(doing, statement, own().and("rows", rows(asks, null)));
        }
    }

    private Given given(Ask ask, Counted counter, Peers peers) {
        Limit limit = ask.limit();
        long elsewhere = ShareRule.lapsed(limit, counter.knownAt, peers.now) ? 0 : counter.known;
        long taken = elsewhere;
        long left = 0;
        for (Held held : counter.held) {
            if (held.process.equals(process)) {
                boolean lost = limit.metric() == LimitMetric.CONCURRENCY || ShareRule.lapsed(limit, former, peers.now);
                left = lost ? 0 : held.sure;
            } else {
                boolean alive = held.leaseUntil.isAfter(peers.now);
                if (alive || !ShareRule.lapsed(limit, held.leaseUntil, peers.now)) {
                    taken += alive ? held.share : held.sure;
                    elsewhere += alive ? held.used : held.sure;
                }
            }
        }
        long inherited = inherited(ask, counter.fresh, left, elsewhere);
        long kept = ask.keep() + inherited;
        long free = limit.amount() - taken - kept;
        long more = limit.hard() && !ask.end() ? ShareRule.grant(free, ask.least(), ask.more(), peers.number) : 0;
        long share = kept + more;
        return new Given(share, ShareRule.sure(ask, inherited, share), inherited, elsewhere, free - more);
    }

    /**
     * What a process that was killed held counts as used; where the ledger, which has all of its records by now, knows of less for
     * all processes together, that. What the ledger knows of a counter that others have kept since is in it already. Where nobody has
     * kept one yet, it is kept with the counter until its window ends, or, where it flows off or leaves bit by bit, by who came first.
     *
     * @param fresh whether nobody has kept the counter before
     * @param left what this process held in its last life, and had not lapsed
     */
    private static long inherited(Ask ask, boolean fresh, long left, long elsewhere) {
        if (ask.first()) {
            return ask.known() < 0 || rolling(ask) && fresh ? Math.max(left, ask.known()) : Math.min(left, ask.known());
        }
        return ask.known() < 0 ? 0 : Math.max(0, ask.known() - elsewhere - ask.used());
    }

    private static boolean rolling(Ask ask) {
        return ask.limit().algorithm() != LimitAlgorithm.FIXED_WINDOW;
    }

    private static String rows(List<Ask> asks, @Nullable List<Given> given) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < asks.size(); i++) {
            Ask ask = asks.get(i);
            long inherited = given == null ? 0 : given.get(i).inherited();
            rows.add(Map.of(
                    "limit_id",
                    ask.limit().id(),
                    "subject",
                    ask.subject(),
                    "share",
                    given == null ? 0L : given.get(i).share(),
                    "sure",
                    given == null ? 0L : given.get(i).sure(),
                    "used",
                    ask.used() + inherited,
                    "known",
                    ask.first() && !rolling(ask) ? ask.known() : -1L,
                    "lasting",
                    ask.limit().period() == LimitPeriod.TOTAL));
        }
        return JsonText.objects(rows);
    }

    @Override
    public Map<Place, Long> used(Collection<Limit> limits) {
        Map<Place, Long> used = new HashMap<>();
        Map<String, Limit> byId = new HashMap<>();
        limits.forEach(limit -> byId.put(limit.id(), limit));
        Params params = own().and(
                        "limits",
                        JsonText.objects(byId.keySet().stream()
                                .map(id -> Map.<String, Object>of("limit_id", id))
                                .toList()));
        record Use(Place place, long amount) {}
        List<Use> uses = new ArrayList<>(sql.list("reading shares", USED, params, row -> {
            Held held = Held.of(row);
            Instant now = row.time("now");
            boolean alive = held.leaseUntil.isAfter(now);
            boolean counts = alive || !ShareRule.lapsed(named(held.place, byId), held.leaseUntil, now);
            return new Use(held.place, !counts ? 0 : alive ? held.used : held.sure);
        }));
        uses.addAll(sql.list("reading shared counters", KNOWN, params, row -> {
            Known known = Known.of(row);
            boolean over = ShareRule.lapsed(named(known.place, byId), known.at, row.time("now"));
            return new Use(known.place, over ? 0 : known.amount);
        }));
        uses.forEach(u -> used.merge(u.place, u.amount, Long::sum));
        return used;
    }

    private static Limit named(Place place, Map<String, Limit> byId) {
        return Objects.requireNonNull(byId.get(place.limitId()), place.limitId());
    }

    @Override
    public long reset(Limit limit) {
        Params params = own().and("limit", limit.id());
        return sql.transactions().inTransaction(() -> {
            sql.list("locking shared counters", LOCK_LIMIT, params, row -> row.text("subject"));
            sql.update("resetting a limit", FORGET, params);
            sql.update("resetting a limit", FORGET_DEAD, params);
            return sql.first("resetting a limit", RESET, params, row -> row.number("resets"))
                    .orElseThrow();
        });
    }

    @Override
    public void leave(List<Ask> last) {
        sql.transactions().inTransaction(() -> {
            if (!last.isEmpty()) {
                exchange(last);
            }
            return sql.update("leaving other processes", LEAVE, own());
        });
    }
}

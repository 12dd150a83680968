package io.llmproxy.gateway.alert;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.alert.BudgetRefusals.Refusal;
import io.llmproxy.gateway.limit.LedgerUse;
import io.llmproxy.port.AlertStore;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.Snapshots;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds budgets whose use passes a threshold, and tells each once: by a line in the log, a metric, and an alert that is sent. Use is what
 * the ledger has of the calendar's period, of all processes on the database, without what requests that run have reserved; so an alert
 * comes a moment after the money is gone and never for money that comes back. Blocks; used by one thread at a time.
 *
 * <p>The ledger is summed up only where it has grown since the last time, and takes a twentieth of the time at most.
 */
public final class BudgetWatch {
    private static final Logger LOG = System.getLogger(BudgetWatch.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final int SHARE = 20;
    private static final int ALL = 100;

    private final AlertRules rules;
    private final AlertStore alerts;
    private final UsageStore ledger;
    private final LedgerUse use;
    private final Snapshots snapshots;
    private final BudgetRefusals refusals;
    private final Telemetry telemetry;
    private final InstantSource clock;
    private final PendingRefusals pending = new PendingRefusals();
    private Set<Told> told = Set.of();
    private @Nullable String lastEnd;
    private long lastRevision = Long.MIN_VALUE;
    private boolean failing;

    public BudgetWatch(
            AlertRules rules,
            AlertStore alerts,
            UsageStore ledger,
            Snapshots snapshots,
            BudgetRefusals refusals,
            Telemetry telemetry,
            InstantSource clock) {
        this.rules = rules;
        this.alerts = alerts;
        this.ledger = ledger;
        this.use = new LedgerUse(ledger);
        this.snapshots = snapshots;
        this.refusals = refusals;
        this.telemetry = telemetry;
        this.clock = clock;
    }

    /** What was told by this process, or found told by another. */
    private record Told(CounterKey key, @Nullable Instant periodStart, long amount, int threshold) {}

    /** Whether its use can be an alert: money and tokens of periods that the ledger knows, but not of addresses, which are nobody's to be told. */
    static boolean watches(Limit limit) {
        return limit.metric().budget() && limit.period().durable() && limit.scope() != LimitScope.IP;
    }

    /** One look; returns when the next is due. */
    public Duration round() {
        long begun = System.nanoTime();
        try {
            check();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.log(Level.WARNING, "event 6719: budgets cannot be watched for alerts, which is tried again", e);
            }
            failing = true;
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - begun).multipliedBy(SHARE);
        return taken.compareTo(PERIOD) > 0 ? taken : PERIOD;
    }

    /** @throws StoreException where the database is away; the next call makes up for it */
    void check() {
        boolean refused = pending.add(refusals.take()); // before the snapshot, which so knows the limits that refused
        RuntimeSnapshot snapshot = snapshots.current();
        Map<String, Limit> watched = snapshot.limits().byId().values().stream()
                .filter(BudgetWatch::watches)
                .collect(Collectors.toMap(Limit::id, limit -> limit));
        if (watched.isEmpty() || rules.thresholds().isEmpty()) {
            told = Set.of();
            pending.clear();
            return;
        }
        try {
            String end = ledger.end();
            if (!end.equals(lastEnd) || snapshot.revision() != lastRevision || refused) {
                Instant now = clock.instant();
                pending.drop(now, r -> !stands(r, watched.get(r.limit().id()), now));
                judge(snapshot, use.of(snapshot, watched.values(), l -> begin(l, now)), now);
                pending.looked(now, (key, r) -> waits(key, r, now));
                lastEnd = end;
                lastRevision = snapshot.revision();
            }
        } catch (RuntimeException e) {
            lastEnd = null; // what refused was not looked at
            throw e;
        }
    }

    /** Whether it is of the limit as it is, and of the period that is. */
    private static boolean stands(Refusal refusal, @Nullable Limit current, Instant now) {
        Limit limit = refusal.limit();
        return current != null
                && current.amount() == limit.amount()
                && current.period() == limit.period()
                && Objects.equals(begin(limit, now), begin(limit, refusal.at()));
    }

    /** Whether the ledger will show the threshold before, and so the end; else the request was refused for its own size. */
    private boolean waits(CounterKey key, Refusal refusal, Instant now) {
        Limit limit = refusal.limit();
        int before = rules.thresholds().stream().filter(t -> t < ALL).reduce(0, Math::max);
        return refusal.taken() >= Math.ceilDiv(limit.amount() * before, ALL)
                && rules.thresholds().contains(ALL)
                && !told.contains(new Told(key, begin(limit, now), limit.amount(), ALL));
    }

    private void judge(RuntimeSnapshot snapshot, Map<CounterKey, Charge> used, Instant now) {
        Set<Told> reached = new HashSet<>();
        Subjects subjects = new Subjects(snapshot);
        used.forEach((key, charge) -> {
            Limit limit = charge.limit();
            long before = 0;
            for (int threshold : rules.thresholds()) {
                long wanted = Math.ceilDiv(limit.amount() * threshold, ALL);
                boolean passed = charge.amount() >= wanted;
                boolean shut = threshold == ALL && !passed && pending.contains(key) && charge.amount() >= before;
                Told one = new Told(key, begin(limit, now), limit.amount(), threshold);
                if ((passed || shut || told.contains(one)) && reached.add(one) && !told.contains(one)) {
                    tell(subjects.alert(Ids.next(now), charge, begin(limit, now), threshold, shut, now), key);
                }
                before = wanted;
            }
        });
        told = reached;
    }

    private void tell(BudgetAlert alert, CounterKey key) {
        String counter = key.limitId() + "\n" + key.subject();
        if (alerts.claim(rules.realm(), counter, alert, rules.sends() ? alert.at() : null)) {
            LOG.log(Level.WARNING, "event 6601: " + alert.text());
            telemetry.alerted(alert.metric().word(), alert.threshold());
        }
    }

    /** When its calendar period began; null where it has no end. */
    private static @Nullable Instant begin(Limit limit, Instant now) {
        if (limit.period() == LimitPeriod.TOTAL) {
            return null;
        }
        long micros = limit.period().start(ChronoUnit.MICROS.between(Instant.EPOCH, now), limit.zone());
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}

package io.llmproxy.gateway.proof;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.Pace;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.gateway.ForgetfulJournal;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.OnFull;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.stage.Stages;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.Tokenizer;
import io.llmproxy.runtime.SnapshotRefresher;
import io.llmproxy.runtime.Snapshots;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Proves that limits hold, in the running appliance: sends requests of many clients at one time through the stages that every
 * request goes through, with the appliance's settings and its counters, as a tenant that nobody else knows, to simulated providers
 * some of which fail; some clients leave. Each request is held to limits of every metric; one after another is used up, by each
 * algorithm. It touches no limit but its own, and leaves neither records nor state. One at a time.
 */
public final class LimitProof {
    /** After which no more requests are sent to use up a limit. */
    private static final Duration AT_MOST = Duration.ofSeconds(12);

    /** In which counters far away hear of what was settled. */
    private static final Duration SETTLING = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofMillis(20);

    private static final Logger LOG = System.getLogger(LimitProof.class.getName());

    private final GatewaySettings settings;
    private final ProviderFactory providers;
    private final ObjectStore objects;
    private final CounterStore counters;
    private final Tokenizer tokenizer;
    private final IdempotentRuns runs;
    private final InstantSource clock;
    private final ReentrantLock one = new ReentrantLock();
    private volatile List<Limit> running = List.of();

    /** All but the providers' accounts, the limits and the journal are those of the appliance. */
    public LimitProof(
            GatewaySettings settings,
            ProviderFactory providers,
            ObjectStore objects,
            CounterStore counters,
            Tokenizer tokenizer,
            IdempotentRuns runs,
            InstantSource clock) {
        this.settings = settings;
        this.providers = providers;
        this.objects = objects;
        this.counters = counters;
        this.tokenizer = tokenizer;
        this.runs = runs;
        this.clock = clock;
    }

    /** These limits and those of a proof that runs, by their ids: what counts for them is not to be dropped. */
    public Map<String, Limit> with(Map<String, Limit> limits) {
        List<Limit> own = running;
        if (own.isEmpty()) {
            return limits;
        }
        Map<String, Limit> all = new HashMap<>(limits);
        own.forEach(l -> all.put(l.id(), l));
        return all;
    }

    /**
     * Blocks until all is over, at most some more than two minutes.
     *
     * @param requests to be sent in all; more of them where a limit is not used up by then
     * @param parallel how many clients send one after another, 2 at least
     * @param only the algorithm whose limits are proven; null: those of all
     */
    public LimitProofReport run(int requests, int parallel, @Nullable LimitAlgorithm only) {
        one.lock();
        try {
            return proved(requests, parallel, only);
        } finally {
            running = List.of();
            one.unlock();
        }
    }

    private LimitProofReport proved(int requests, int parallel, @Nullable LimitAlgorithm only) {
        long began = System.nanoTime();
        Load.Counts counts = new Load.Counts();
        List<LimitProofReport.OfLimit> lines = new ArrayList<>();
        List<Sandbox.Driven> parts = Sandbox.PARTS.stream()
                .filter(p -> only == null || p.algorithm() == only)
                .toList();
        int share = Math.ceilDiv(requests, parts.size());
        for (int part = 0; part < parts.size(); part++) {
            Sandbox.Driven driven = parts.get(part);
            Sandbox sandbox = new Sandbox(clock.instant(), driven, share, parallel);
            running = sandbox.limits();
            long end = began + AT_MOST.toNanos() * (part + 1);
            Load.Plan plan = new Load.Plan(share, parallel, driven.metric() != LimitMetric.CONCURRENCY, end);
            usedUp(sandbox, plan, counts).stream()
                    .filter(l -> l.limit().equals(sandbox.driven()) || !l.holds())
                    .forEach(lines::add);
        }
        return counts.report((System.nanoTime() - began) / 1_000_000, lines);
    }

    /** What came of each of the sandbox's limits. */
    private List<LimitProofReport.OfLimit> usedUp(Sandbox sandbox, Load.Plan plan, Load.Counts counts) {
        MeasuredCounters measured = new MeasuredCounters(counters);
        Snapshots snapshots = new Snapshots();
        Gateway gateway = Stages.gateway(
                settings,
                snapshots,
                new Ledger(new ForgetfulJournal(), OnFull.REFUSE, clock),
                objects,
                Telemetry.NONE,
                measured,
                tokenizer,
                runs,
                clock);
        SnapshotRefresher refresher =
                new SnapshotRefresher(sandbox, snapshots, providers, PriceCatalogue.EMPTY, null, List.of());
        refresher.refresh();
        MeasuredCounters.Seen driven = measured.of(sandbox.driven());
        long begun = System.nanoTime();
        new Load(gateway, sandbox.secret(), plan, () -> driven.refused() > 0, counts).run();
        List<LimitProofReport.OfLimit> lines = sandbox.limits().stream()
                .map(l -> line(l, measured.of(l), begun))
                .toList();
        sandbox.limits().forEach(this::forget);
        sandbox.empty();
        refresher.refresh(); // retires the providers
        return lines;
    }

    private LimitProofReport.OfLimit line(Limit limit, MeasuredCounters.Seen seen, long begun) {
        long end = System.nanoTime() + SETTLING.toNanos();
        LimitProofReport.OfLimit line = looked(limit, seen, begun);
        while (!line.settled() && System.nanoTime() - end < 0 && pause()) {
            line = looked(limit, seen, begun);
        }
        return line;
    }

    private LimitProofReport.OfLimit looked(Limit limit, MeasuredCounters.Seen seen, long begun) {
        long used = used(limit);
        long refill = refill(limit, System.nanoTime() - begun);
        return new LimitProofReport.OfLimit(
                limit, seen.peak(), seen.held(), used, seen.overrun(), refill, seen.refused());
    }

    /** What may have flowed off in that time, a part of a unit counted as one. */
    private static long refill(Limit limit, long nanos) {
        return limit.algorithm() == LimitAlgorithm.TOKEN_BUCKET ? Pace.flow(limit, nanos / 1000) + 1 : 0;
    }

    private long used(Limit limit) {
        return counters.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    private static boolean pause() {
        try {
            Thread.sleep(PAUSE);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Counters that others share too are to forget it as well. */
    private void forget(Limit limit) {
        try {
            counters.reset(limit);
        } catch (StoreException e) {
            LOG.log(Level.DEBUG, "the counters of a proof stay until they expire", e);
        }
    }
}

package io.llmproxy.gateway.proof;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.usage.PriceCatalogue;
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
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Proves that limits hold, in the running appliance: sends requests of many clients at one time through the stages that every
 * request goes through, with the appliance's settings and its counters, as a tenant that nobody else knows, to simulated providers
 * some of which fail; some clients leave. It touches no limit but its own, and leaves neither records nor state. One at a time.
 */
public final class LimitProof {
    /** After which no more requests are sent. */
    private static final Duration AT_MOST = Duration.ofSeconds(60);

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
        // nothing of the sandbox has a price, which is no reason to refuse it
        this.settings = new GatewaySettings(
                settings.maxBody(),
                settings.maxUpload(),
                settings.bodyMemory(),
                settings.queryKey(),
                settings.sseKeepAlive(),
                settings.spoolDirectory());
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
     * Blocks until all is over, at most some more than a minute.
     *
     * @param requests to be sent in all
     * @param parallel how many clients send one after another
     */
    public LimitProofReport run(int requests, int parallel) {
        one.lock();
        Sandbox sandbox = new Sandbox(clock.instant(), requests, parallel);
        running = sandbox.limits();
        try {
            return proved(sandbox, requests, parallel);
        } finally {
            running = List.of();
            one.unlock();
        }
    }

    private LimitProofReport proved(Sandbox sandbox, int requests, int parallel) {
        MeasuredCounters measured = new MeasuredCounters(counters);
        Snapshots snapshots = new Snapshots();
        Gateway gateway = Stages.gateway(
                settings,
                snapshots,
                new Ledger(new ProofJournal(), OnFull.REFUSE, clock),
                objects,
                Telemetry.NONE,
                measured,
                tokenizer,
                runs,
                clock);
        SnapshotRefresher refresher =
                new SnapshotRefresher(sandbox, snapshots, providers, PriceCatalogue.EMPTY, null, List.of());
        refresher.refresh();
        long began = System.nanoTime();
        Load load = new Load(gateway, sandbox, requests, began + AT_MOST.toNanos());
        load.run(parallel);
        long took = (System.nanoTime() - began) / 1_000_000;
        List<LimitProofReport.OfLimit> limits =
                sandbox.limits().stream().map(l -> line(l, measured.of(l))).toList();
        sandbox.limits().forEach(this::forget);
        sandbox.empty();
        refresher.refresh(); // retires the providers
        return new LimitProofReport(load.answered.get(), load.refused.get(), load.failed.get(), took, limits);
    }

    private LimitProofReport.OfLimit line(Limit limit, MeasuredCounters.Seen seen) {
        long end = System.nanoTime() + SETTLING.toNanos();
        long used = used(limit);
        while (used != seen.held() && System.nanoTime() - end < 0 && pause()) {
            used = used(limit);
        }
        return new LimitProofReport.OfLimit(limit, seen.peak(), seen.held(), used, seen.overrun());
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

    /** The clients. */
    private static final class Load {
        private static final long STAYS = Long.MAX_VALUE;

        private final Gateway gateway;
        private final Sandbox sandbox;
        private final AtomicInteger left;
        private final long end;
        private final AtomicLong answered = new AtomicLong();
        private final AtomicLong refused = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();

        Load(Gateway gateway, Sandbox sandbox, int requests, long end) {
            this.gateway = gateway;
            this.sandbox = sandbox;
            this.left = new AtomicInteger(requests);
            this.end = end;
        }

        void run(int parallel) {
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < parallel; i++) {
                Random random = new Random(i);
                clients.add(Thread.ofVirtual().name("proof").start(() -> client(random)));
            }
            for (Thread client : clients) {
                try {
                    client.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    left.set(0);
                }
            }
        }

        private void client(Random random) {
            while (left.getAndDecrement() > 0 && System.nanoTime() - end < 0) {
                String model = random.nextInt(4) == 0 ? Sandbox.FAILING : "simulated/" + Sandbox.MODEL;
                ProofSink sink = new ProofSink(random.nextInt(10) == 0 ? random.nextInt(400) : STAYS);
                gateway.serve(
                        new ProofRequest(sandbox.secret(), model, 1 + random.nextInt(40), random.nextBoolean()), sink);
                if (sink.answered()) {
                    answered.incrementAndGet();
                } else if (sink.refused()) {
                    refused.incrementAndGet();
                } else {
                    failed.incrementAndGet();
                }
            }
        }
    }
}

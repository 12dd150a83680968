package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counters in Redis, shared by all processes that name the same one.
 *
 * <p>A request takes of all its counters in one script and one round trip, by the server's clock: what needs no key is admitted
 * without a question where its limits are known to be far away and the rest follows at once, and taken with the rest ({@link Pending}).
 * What was really used is told afterwards, in batches, in the background.
 *
 * <p>No request waits longer than {@link RedisLine#PATIENCE}, however often it asks. Where Redis does not answer, requests are counted in this process, by limits
 * that are divided by the number of processes that were last known, of which counts what this process used through Redis; or are refused. What was granted here Redis is told when it
 * is back: once, since what Redis grants to nobody it gets back ({@link Take}).
 */
public final class RedisCounterStore implements CounterStore, AutoCloseable {
    private static final int WRONG_WINDOW = 2;

    private final Settings settings;
    private final CounterStore local;
    private final ServerTime time;
    private final InstantSource clock;
    private final Duration patience;
    private final Corrections corrections = new Corrections();
    private final EarlyLimits earlyLimits = new EarlyLimits();
    private final RedisBreaker breaker;
    private final RedisLine line;
    private final RedisSurvey survey;
    private final CountingHere meanwhile;
    private final String process;
    /** Names that slots may still be held by; the first is the present one. */
    private final ConcurrentLinkedQueue<Incarnation> left = new ConcurrentLinkedQueue<>();

    private volatile boolean unseeded;
    private volatile Incarnation incarnation;
    private volatile Runnable forgotten = () -> {};
    private long batches;

    /**
     * How counters are shared.
     *
     * @param refuse whether requests are refused while Redis is away; else they are counted here
     * @param tenant the one tenant of this process, or {@code *}
     */
    public record Settings(RedisAddress address, boolean refuse, String tenant) {}

    /**
     * How it does.
     *
     * @param since when it began to do so
     * @param fault why Redis is away; null: it is not
     * @param processes that share the counters, this one included, as far as was last known
     */
    public record Standing(Instant since, @Nullable String fault, int processes) {}

    /** @param local where requests are counted while Redis is away */
    public RedisCounterStore(Settings settings, CounterStore local, InstantSource clock) {
        this(settings, local, clock, () -> clock.millis() * 1000, false, RedisLine.PATIENCE);
    }

    /**
     * @param byMicros whether scripts count by {@code micros} instead of the server's clock
     * @param patience how long a request waits for Redis
     */
    RedisCounterStore(
            Settings settings,
            CounterStore local,
            InstantSource clock,
            LongSupplier micros,
            boolean byMicros,
            Duration patience) {
        this.settings = settings;
        this.local = local;
        this.clock = clock;
        this.patience = patience;
        this.time = new ServerTime(micros, byMicros);
        this.incarnation = new Incarnation(clock.instant());
        this.process = incarnation.name();
        this.breaker = new RedisBreaker(settings.address(), patience, clock);
        this.line = new RedisLine(settings.address(), corrections, new Events(), breaker);
        this.survey = new RedisSurvey(settings.address(), line, time, process);
        this.meanwhile = new CountingHere(local, settings.refuse(), corrections, line, time);
    }

    /** Connects; returns when that succeeded or failed. */
    public void start() {
        line.start();
        breaker.awaitFirst();
    }

    /** @param listener told when Redis has lost what it counted, or may have; on the line's thread */
    public void onForgotten(Runnable listener) {
        forgotten = listener;
    }

    public Standing standing() {
        RedisBreaker.State state = breaker.state();
        return new Standing(state.since(), state.fault(), meanwhile.processes());
    }

    @Override
    public LimitDecision admit(List<Charge> charges, boolean soon, Asker asker) {
        if (charges.isEmpty()) {
            return LimitDecision.FREE;
        }
        if (!breaker.up()) {
            return meanwhile.reserve(charges);
        }
        Denied denied = earlyLimits.refusal(charges);
        if (denied != null) {
            return denied;
        }
        // what runs here alone may use up what may run everywhere, and is known without a question
        return switch (local.reserve(slots(charges))) {
            case Granted(var here) -> {
                Pending pending = new Pending(charges, here, this::count);
                yield soon && !earlyLimits.near(charges) ? new Granted(pending) : asked(pending, asker);
            }
            case Denied full -> full;
        };
    }

    /** As far as an answer of a moment ago tells. */
    @Override
    public @Nullable Denied refusal(List<Charge> charges) {
        return breaker.up() ? earlyLimits.refusal(charges) : null;
    }

    private static List<Charge> slots(List<Charge> charges) {
        List<Charge> slots = new ArrayList<>(1);
        for (Charge charge : charges) {
            if (charge.limit().metric() == LimitMetric.CONCURRENCY) {
                slots.add(charge);
            }
        }
        return slots;
    }

    /** Takes what a request was admitted with in a call of its own. */
    private LimitDecision asked(Pending pending, Asker asker) {
        boolean granted = false;
        try {
            LimitDecision decision = reserve(List.of(), pending, asker);
            granted = decision instanceof Granted;
            return granted ? new Granted(pending) : decision;
        } finally {
            if (!granted) {
                pending.release();
            }
        }
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        return reserve(charges, Reservation.NONE, Asker.ONCE);
    }

    @Override
    public LimitDecision reserve(List<Charge> charges, Reservation admitted, Asker asker) {
        List<Charge> early = admitted instanceof Pending p && !p.taken() ? p.charges() : List.of();
        List<Charge> all = new ArrayList<>(early.size() + charges.size());
        // the narrower ones first, as the scopes are ordered; which one says no is told by that order
        all.addAll(charges);
        all.addAll(early);
        if (all.isEmpty()) {
            return LimitDecision.FREE;
        }
        if (!breaker.up()) {
            return meanwhile.reserve(charges, early, admitted);
        }
        // counted here before Redis is asked: whoever is decided here meanwhile finds it; slots of the early ones are
        // taken here already
        Reservation here = meanwhile.besides(charges);
        Reservation hereEarly = meanwhile.besides(CountingHere.withoutSlots(early));
        Take take = null;
        Denied denied = null;
        boolean kept = false;
        try {
            take = taken(all, asker);
            denied = take == null ? null : refusal(take);
            kept = take != null && denied == null;
        } finally {
            if (!kept) {
                here.release();
                hereEarly.release();
            }
        }
        if (take == null) {
            return meanwhile.reserve(charges, early, admitted);
        }
        if (denied != null) {
            return denied;
        }
        long[] answer = take.answer();
        if (admitted instanceof Pending pending && !early.isEmpty()) {
            earlyLimits.granted(early, answer, charges.size());
            pending.took(Held.of(take, answer, charges.size(), all.size(), corrections, line, hereEarly));
        }
        return new Granted(Held.of(take, answer, 0, charges.size(), corrections, line, here));
    }

    /** What Redis decided: who refuses, or null. What is granted there, and has been used up here meanwhile, it gets back. */
    private @Nullable Denied refusal(Take take) {
        long[] answer = take.answer();
        if (Take.denied(answer)) {
            return denied(take, answer);
        }
        Denied passed = meanwhile.passed(take.charges());
        if (passed != null) {
            giveBack(take, answer);
        }
        return passed;
    }

    /** Null where there was no answer in time, or no time is left to wait for one. */
    private @Nullable Take taken(List<Charge> charges, Asker asker) {
        // somebody looks at it a tick after its time is over, and it runs a moment after that
        long left = patience.minus(Patience.TICK.multipliedBy(2)).toNanos() - asker.waited();
        if (left <= 0) {
            return null;
        }
        long began = System.nanoTime();
        try {
            return taken(charges, began + left);
        } finally {
            asker.waited(System.nanoTime() - began);
        }
    }

    /** @param deadline of {@link System#nanoTime} */
    private @Nullable Take taken(List<Charge> charges, long deadline) {
        Take refused = null;
        while (true) {
            Take take = new Take(charges, deadline, this::giveBack);
            line.submit(take);
            long[] answer = take.await();
            if (answer == null) {
                if (take.late() && line.awaits(breaker.prompt())) {
                    breaker.late();
                }
                return refused;
            }
            breaker.inTime();
            if (Take.denied(answer) && take.untold()) {
                // there may be room when Redis has heard what was given back
                refused = take;
                line.tellFirst();
            } else if (answer[0] != WRONG_WINDOW) {
                return take;
            } // else the window of a calendar has ended; what time it is there is known by now
        }
    }

    /** Nobody waited for it any more, or wants it. */
    private void giveBack(Take take, long[] answer) {
        if (Take.granted(answer)) {
            Held.of(take, answer, 0, take.charges().size(), corrections, line, Reservation.NONE)
                    .release();
        }
    }

    /** In the background, of a request that has ended; nothing is given back. */
    private void count(List<Charge> charges) {
        Take take = new Take(charges, 0, (ended, answer) -> {
            if (Take.denied(answer) && !ended.untold()) {
                denied(ended, answer);
            }
        });
        line.submit(take.unattended());
    }

    private Denied denied(Take take, long[] answer) {
        Denied denied = null;
        for (int at = 2; denied == null || at < answer.length; at += 3) {
            Charge charge = take.charges().get((int) answer[at]);
            Refusal refusal =
                    new Refusal(charge.limit(), charge.amount(), answer[at + 1], Held.seconds(answer[at + 2]));
            earlyLimits.denied(charge, refusal, answer[at + 2]);
            denied = Denied.with(denied, refusal);
        }
        return denied;
    }

    /** While Redis is away: what is counted here. Blocks. */
    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        return breaker.up() ? survey.used(limit) : new HashMap<>(local.used(limit));
    }

    /** While Redis is away: what is counted here. Blocks, for {@link RedisSurvey#BOUND} at most. */
    @Override
    public Map<CounterKey, Long> used(Collection<Limit> limits) {
        return breaker.up() ? survey.used(limits) : local.used(limits);
    }

    /** Blocks. @throws io.llmproxy.port.StoreException while Redis is away */
    @Override
    public void reset(Limit limit) {
        survey.reset(limit);
        local.reset(limit);
        corrections.forget(limit);
        earlyLimits.forget();
    }

    /** In the background: what is taken afterwards finds it. */
    @Override
    public void seed(PastUse past) {
        meanwhile.seed(past);
        if (breaker.up()) {
            survey.seed(past);
        } else {
            unseeded = true;
        }
    }

    @Override
    public void close() {
        line.close();
    }

    /** Ends without a farewell, as a process that is killed. */
    void abandon() {
        line.abandon();
    }

    private final class Events implements RedisLine.LineEvents {
        private final CounterNames names = new CounterNames();
        private boolean lost;
        private boolean beaten;

        @Override
        public Beat beat(Runnable answered) {
            return new Beat(time, RedisLine.LEASE.toNanos() / 1000, process, settings.tenant(), names(), answer -> {
                // at the very first beat there is no lease either, and what the ledger knows is on its way
                lost |= !answer.known() && beaten;
                beaten = true;
                meanwhile.shared(answer);
                answered.run();
                if ((lost || unseeded) && breaker.up()) {
                    lost = false;
                    unseeded = false;
                    forgotten.run();
                }
            });
        }

        @Override
        public Beat farewell() {
            return new Beat(time, 0, process, settings.tenant(), names(), answer -> {});
        }

        @Override
        public Takes takes(List<Take> waiting) {
            return Takes.of(waiting, incarnation, names, time);
        }

        @Override
        public Settle settle(List<Correction> batch, Runnable done) {
            return Settle.of(process, ++batches, batch, time, done);
        }

        @Override
        public void broke() {
            Incarnation old = incarnation;
            old.left(System.nanoTime());
            left.add(old);
            incarnation = new Incarnation(clock.instant());
        }

        @Override
        public void back() {
            earlyLimits.forget();
        }

        private List<Incarnation> names() {
            long now = System.nanoTime();
            left.removeIf(i -> i.over(now, RedisLine.LEASE.toNanos()));
            List<Incarnation> names = new ArrayList<>();
            names.add(incarnation);
            names.addAll(left);
            return names;
        }
    }
}

package io.llmproxy.adapter.redis;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
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
 * without a question where nothing is known against it, and taken with the rest ({@link Pending}). What was really used is told
 * afterwards, in batches, in the background.
 *
 * <p>No request waits longer than {@link RedisLine#PATIENCE}. Where Redis does not answer, requests are counted in this process, by limits
 * that are divided by the number of processes that were last known, or are refused. What was granted here Redis is told when it
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
    private final Denials denials = new Denials();
    private final RedisBreaker breaker;
    private final RedisLine line;
    private final RedisSurvey survey;
    private final String process;
    /** Names that slots may still be held by; the first is the present one. */
    private final ConcurrentLinkedQueue<Incarnation> left = new ConcurrentLinkedQueue<>();

    private volatile boolean unseeded;
    private volatile Incarnation incarnation;
    private volatile Beat.Answer others = new Beat.Answer(true, 1, 1);
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
        return new Standing(state.since(), state.fault(), others.all());
    }

    @Override
    public LimitDecision admit(List<Charge> charges) {
        if (charges.isEmpty()) {
            return LimitDecision.FREE;
        }
        if (!breaker.up()) {
            return away(charges);
        }
        Denied denied = denials.of(charges);
        if (denied != null) {
            return denied;
        }
        // what runs here alone may use up what may run everywhere, and is known without a question
        List<Charge> slots = charges.stream()
                .filter(c -> c.limit().metric() == LimitMetric.CONCURRENCY)
                .toList();
        return switch (local.reserve(slots)) {
            case Granted(var here) -> new Granted(new Pending(charges, here, this::count));
            case Denied full -> full;
        };
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        return reserve(charges, Reservation.NONE);
    }

    @Override
    public LimitDecision reserve(List<Charge> charges, Reservation admitted) {
        List<Charge> early = admitted instanceof Pending p && !p.taken() ? p.charges() : List.of();
        List<Charge> all = new ArrayList<>(early.size() + charges.size());
        // the narrower ones first, as the scopes are ordered; which one says no is told by that order
        all.addAll(charges);
        all.addAll(early);
        if (all.isEmpty()) {
            return LimitDecision.FREE;
        }
        Take take = breaker.up() ? taken(all) : null;
        if (take == null) {
            return away(charges, early, admitted);
        }
        long[] answer = take.answer();
        if (Take.denied(answer)) {
            return denied(take, answer);
        }
        if (admitted instanceof Pending pending && !early.isEmpty()) {
            pending.took(Held.of(take, answer, charges.size(), all.size(), corrections, line));
        }
        return new Granted(Held.of(take, answer, 0, charges.size(), corrections, line));
    }

    /** Null where there was no answer in time. */
    private @Nullable Take taken(List<Charge> charges) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Take take = Take.of(charges, incarnation, time, this::giveBack);
            line.submit(take);
            long[] answer = take.await(deadline);
            if (answer == null) {
                if (take.late()) {
                    breaker.late();
                }
                return null;
            }
            breaker.inTime();
            if (answer[0] != WRONG_WINDOW) {
                return take;
            }
            time.server(answer[1]);
        }
    }

    /** Nobody waited for it any more. */
    private void giveBack(Take take, long[] answer) {
        if (Take.granted(answer)) {
            Held.of(take, answer, 0, take.charges().size(), corrections, line).release();
        }
    }

    /** In the background, of a request that has ended; nothing is given back. */
    private void count(List<Charge> charges) {
        Take take = Take.of(charges, incarnation, time, (ended, answer) -> {
            if (Take.denied(answer)) {
                denied(ended, answer);
            }
        });
        line.submit(take.unattended());
    }

    private LimitDecision denied(Take take, long[] answer) {
        Charge charge = take.charges().get((int) answer[2]);
        Denied denied = new Denied(charge.limit(), charge.amount(), answer[3], Held.seconds(answer[4]));
        denials.note(charge, denied, answer[4]);
        return denied;
    }

    private LimitDecision away(List<Charge> charges, List<Charge> early, Reservation admitted) {
        LimitDecision decision = away(charges);
        if (decision instanceof Granted(var held) && !early.isEmpty() && admitted instanceof Pending pending) {
            return switch (away(withoutSlots(early))) {
                case Granted(var reservation) -> {
                    pending.took(reservation);
                    yield decision;
                }
                case Denied denied -> {
                    held.release();
                    yield denied;
                }
            };
        }
        return decision;
    }

    /** Slots were taken here when it was admitted. */
    private static List<Charge> withoutSlots(List<Charge> charges) {
        return charges.stream()
                .filter(c -> c.limit().metric() != LimitMetric.CONCURRENCY)
                .toList();
    }

    private LimitDecision away(List<Charge> charges) {
        if (settings.refuse()) {
            throw new ProxyException(ProxyError.Upstream.unavailable(
                    "The gateway cannot check its limits at the moment; try again later."));
        }
        if (charges.isEmpty()) {
            return LimitDecision.FREE;
        }
        List<Charge> shares = charges.stream().map(this::share).toList();
        return switch (local.reserve(shares)) {
            case Granted(var here) -> new Granted(new Counted(charges, here, corrections, line, time.now()));
            case Denied denied -> denied;
        };
    }

    /** This process's part of a limit: at least one, so that no process is shut for a small limit's sake. */
    private Charge share(Charge charge) {
        int among = processes(charge.limit());
        Limit limit = charge.limit();
        return among <= 1
                ? charge
                : new Charge(limit.amount(Math.max(1, limit.amount() / among)), charge.key(), charge.amount());
    }

    private int processes(Limit limit) {
        boolean shared = limit.tenantId() == null
                && switch (limit.scope()) {
                    case GLOBAL, IP, MODEL, ENDPOINT, PROVIDER -> true;
                    case KEY, USER, TENANT -> false;
                };
        return shared || limit.scope() == LimitScope.GLOBAL ? others.all() : others.tenants();
    }

    /** While Redis is away: what is counted here. Blocks. */
    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        return breaker.up() ? survey.used(limit) : new HashMap<>(local.used(limit));
    }

    /** Blocks. @throws io.llmproxy.port.StoreException while Redis is away */
    @Override
    public void reset(Limit limit) {
        survey.reset(limit);
        local.reset(limit);
        corrections.forget(limit);
        denials.forget();
    }

    /** In the background: what is taken afterwards finds it. */
    @Override
    public void seed(Charge charge) {
        local.seed(new Charge(
                charge.limit(), charge.key(), Math.ceilDiv(charge.amount(), Math.max(1, processes(charge.limit())))));
        if (breaker.up()) {
            survey.seed(charge);
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
        private boolean lost;
        private boolean beaten;

        @Override
        public Beat beat(Runnable answered) {
            return new Beat(time, RedisLine.LEASE.toNanos() / 1000, process, settings.tenant(), names(), answer -> {
                // at the very first beat there is no lease either, and what the ledger knows is on its way
                lost |= !answer.known() && beaten;
                beaten = true;
                others = answer;
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
            denials.forget();
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

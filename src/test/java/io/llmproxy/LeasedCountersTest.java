package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TcpGate;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several processes' counters on one PostgreSQL. */
class LeasedCountersTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final Deque<AutoCloseable> open = new ConcurrentLinkedDeque<>();
    private final String url = PostgresServer.freshDatabase();

    @AfterEach
    void tearDown() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    private LeasedCounterStore process() {
        return process(url, UUID.randomUUID(), LONG);
    }

    private LeasedCounterStore process(String address, UUID id, Duration lease) {
        Database database = Database.open(address, Path.of("unused"), PostgresServer.USER, null, 3);
        open.push(database);
        LeasedCounterStore store = LeasedCounterStore.join(database.leases(id, "*", lease));
        open.push(store);
        return store;
    }

    /** As {@code kill -9} does: nothing is given back. */
    private void kill(LeasedCounterStore store) throws Exception {
        open.remove(store);
        Database database = (Database)
                open.stream().filter(o -> o instanceof Database).findFirst().orElseThrow();
        open.remove(database);
        database.close();
        store.close();
    }

    private static Limit limit(String id, LimitMetric metric, long amount, LimitPeriod period) {
        return limit(id, metric, amount, period, LimitAlgorithm.of(period));
    }

    private static Limit limit(
            String id, LimitMetric metric, long amount, LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of(id, LimitScope.TENANT, metric, amount, period, algorithm, LimitOrigin.ADMIN);
    }

    private static Charge charge(Limit limit, long amount) {
        return new Charge(limit, new CounterKey(limit.id(), CounterKey.ONE), amount);
    }

    /** What it grants when it has heard from the database, however slow that is; a denial after half a minute. */
    private static LimitDecision take(LeasedCounterStore store, Limit limit, long amount) {
        LimitDecision decision = once(store, limit, amount);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (decision instanceof Denied && System.nanoTime() - end < 0) {
            pause();
            decision = once(store, limit, amount);
        }
        return decision;
    }

    private static LimitDecision once(LeasedCounterStore store, Limit limit, long amount) {
        return store.reserve(List.of(charge(limit, amount)));
    }

    /** How much it gets, one by one, until it gets no more for a while. */
    private static long drain(LeasedCounterStore store, Limit limit) {
        long taken = 0;
        int refusals = 0;
        while (refusals < 5) {
            if (once(store, limit, 1) instanceof Granted) {
                taken++;
                refusals = 0;
            } else {
                refusals++;
                LockSupport.parkNanos(100_000_000);
            }
        }
        return taken;
    }

    /** Takes what is left until it is so much in all, however long others take to give back; then nobody gets more. */
    private static void takeTheRest(long taken, long all, Limit limit, LeasedCounterStore... stores) {
        AtomicLong sum = new AtomicLong(taken);
        await(() -> {
            for (LeasedCounterStore store : stores) {
                sum.addAndGet(sum.get() < all && once(store, limit, 1) instanceof Granted ? 1 : 0);
            }
            return sum.get() == all;
        });
        for (LeasedCounterStore store : stores) {
            assertThat(drain(store, limit)).isZero();
        }
    }

    private static void pause() {
        LockSupport.parkNanos(20_000_000);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited for a minute").isNegative();
            pause();
        }
    }

    private static long used(LeasedCounterStore store, Limit limit) {
        return store.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    @Test
    void oneProcessAloneUsesAllOfALimit() {
        LeasedCounterStore one = process();
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        for (int i = 0; i < 1000; i++) {
            assertThat(take(one, day, 1)).isInstanceOf(Granted.class);
        }
        assertThat(once(one, day, 1)).isInstanceOf(Denied.class);
        assertThat(used(one, day)).isEqualTo(1000);
    }

    @ParameterizedTest
    @EnumSource
    void twoProcessesUseALimitUpTogetherAndNoMore(LimitAlgorithm algorithm) {
        Limit limit = limit("limit", LimitMetric.REQUESTS, 300, LimitPeriod.DAY, algorithm);
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        AtomicLong taken = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (LeasedCounterStore store : List.of(one, two, one, two)) {
            threads.add(Thread.ofVirtual().start(() -> taken.addAndGet(drain(store, limit))));
        }
        threads.forEach(LeasedCountersTest::join);
        assertThat(taken.get()).isLessThanOrEqualTo(300);
        takeTheRest(taken.get(), 300, limit, one, two);
        await(() -> used(one, limit) == 300 && used(two, limit) == 300);
        assertThat(((Denied) once(one, limit, 1)).remaining()).isZero();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whatOneHoldsAndDoesNotUseComesToTheOther() {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = process();
        assertThat(take(one, day, 100)).isInstanceOf(Granted.class);
        LeasedCounterStore two = process();
        await(() -> once(two, day, 900) instanceof Granted);
        assertThat(once(one, day, 1)).isInstanceOf(Denied.class);
        assertThat(once(two, day, 1)).isInstanceOf(Denied.class);
    }

    @Test
    void whatIsSettledOrReleasedComesBackForAll() {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        Granted all = (Granted) take(one, day, 1000);
        assertThat(once(two, day, 1)).isInstanceOf(Denied.class);
        all.reservation().settle(new ActualUse(100, 50, ActualUse.UNKNOWN));
        await(() -> once(two, day, 850) instanceof Granted);
        assertThat(once(one, day, 1)).isInstanceOf(Denied.class);
    }

    @Test
    void anOverrunIsCountedForAll() {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        Granted some = (Granted) take(one, day, 100);
        some.reservation().settle(new ActualUse(990, 0, ActualUse.UNKNOWN));
        await(() -> used(two, day) == 990);
        assertThat(once(two, day, 11)).isInstanceOf(Denied.class);
        await(() -> once(two, day, 10) instanceof Granted);
    }

    @Test
    void concurrencyIsSharedAndComesBackFromTheDead() throws Exception {
        Limit running = limit("running", LimitMetric.CONCURRENCY, 10, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        LeasedCounterStore one = process();
        LeasedCounterStore two = process(url, UUID.randomUUID(), Duration.ofSeconds(8));
        List<Granted> held = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            LeasedCounterStore store = i % 2 == 0 ? one : two;
            await(() -> once(store, running, 1) instanceof Granted g && held.add(g));
        }
        assertThat(once(one, running, 1)).isInstanceOf(Denied.class);
        assertThat(once(two, running, 1)).isInstanceOf(Denied.class);
        held.getFirst().reservation().release();
        await(() -> once(two, running, 1) instanceof Granted);
        kill(two);
        for (int i = 0; i < 6; i++) {
            await(() -> once(one, running, 1) instanceof Granted);
        }
        assertThat(once(one, running, 1)).isInstanceOf(Denied.class);
    }

    @Test
    void whatAKilledProcessHeldCountsAsUsed() throws Exception {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = process();
        LeasedCounterStore two = process(url, UUID.randomUUID(), Duration.ofSeconds(2));
        assertThat(take(two, day, 100)).isInstanceOf(Granted.class);
        kill(two);
        long taken = drain(one, day);
        assertThat(taken).isPositive().isLessThanOrEqualTo(900);
        await(() -> one.processes() == 1);
        assertThat(drain(one, day)).isZero();
        assertThat(used(one, day)).isEqualTo(1000);
    }

    @Test
    void aKilledProcessThatComesBackFindsInTheLedgerWhatItReallyUsed() throws Exception {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        UUID id = UUID.randomUUID();
        LeasedCounterStore before = process(url, id, LONG);
        assertThat(take(before, day, 100)).isInstanceOf(Granted.class);
        kill(before);
        LeasedCounterStore after = process(url, id, LONG);
        after.seed(charge(day, 100));
        await(() -> used(after, day) == 100);
        assertThat(take(after, day, 900)).isInstanceOf(Granted.class);
        assertThat(once(after, day, 1)).isInstanceOf(Denied.class);
    }

    @Test
    void aStoppedProcessLeavesWhatItUsedAndGivesBackTheRest() throws Exception {
        Limit total = limit("total", LimitMetric.REQUESTS, 1000, LimitPeriod.TOTAL);
        LeasedCounterStore before = process();
        assertThat(take(before, total, 100)).isInstanceOf(Granted.class);
        before.close();
        open.remove(before);
        LeasedCounterStore after = process();
        await(() -> once(after, total, 900) instanceof Granted);
        assertThat(once(after, total, 1)).isInstanceOf(Denied.class);
        assertThat(used(after, total)).isEqualTo(1000);
    }

    @Test
    void whatTheLedgerKnowsOfTheTimeBeforeCountsOnce() {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        one.seed(charge(day, 600));
        two.seed(charge(day, 600));
        AtomicLong taken = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (LeasedCounterStore store : List.of(one, two)) {
            threads.add(Thread.ofVirtual().start(() -> taken.addAndGet(drain(store, day))));
        }
        threads.forEach(LeasedCountersTest::join);
        takeTheRest(taken.get(), 400, day, one, two);
    }

    @Test
    void aLoweredLimitHoldsForWhatIsHeldAlready() {
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        take(one, day, 20);
        take(two, day, 20);
        Limit lower = day.amount(50);
        AtomicLong taken = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (LeasedCounterStore store : List.of(one, two)) {
            threads.add(Thread.ofVirtual().start(() -> taken.addAndGet(drain(store, lower))));
        }
        threads.forEach(LeasedCountersTest::join);
        assertThat(taken.get()).isLessThanOrEqualTo(10);
        Limit raised = day.amount(60);
        await(() -> once(one, raised, 10) instanceof Granted);
    }

    @Test
    void aResetReachesTheOtherProcesses() {
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        Limit day = limit("day", LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
        takeTheRest(drain(one, day) + drain(two, day), 100, day, one, two);
        two.reset(day);
        await(() -> used(one, day) == 0 && used(two, day) == 0);
        takeTheRest(drain(two, day) + drain(one, day), 100, day, one, two);
    }

    @Test
    void aDeletedLimitIsForgotten() {
        LeasedCounterStore one = process();
        Limit day = limit("day", LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
        assertThat(take(one, day, 100)).isInstanceOf(Granted.class);
        one.sweep(Map.of());
        one.sweep(Map.of());
        await(() -> used(one, day) == 0);
    }

    /** A store whose way to the database is that door. */
    private LeasedCounterStore behind(TcpGate door, Duration lease) {
        URI address = URI.create(url.substring("jdbc:".length()));
        return process("jdbc:postgresql://127.0.0.1:" + door.port() + address.getPath(), UUID.randomUUID(), lease);
    }

    private TcpGate door() throws java.io.IOException {
        return new TcpGate(URI.create(url.substring("jdbc:".length())).getPort());
    }

    @Test
    void whoIsAloneGoesOnWithAllWhileTheDatabaseIsAwayAndCountsItAfterwards() throws Exception {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        Limit met = limit("met", LimitMetric.TOKENS, 50, LimitPeriod.DAY);
        Limit slots = limit("slots", LimitMetric.CONCURRENCY, 7, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        try (TcpGate door = door()) {
            LeasedCounterStore one = behind(door, Duration.ofSeconds(2));
            assertThat(take(one, day, 1)).isInstanceOf(Granted.class);
            assertThat(one.processes()).isEqualTo(1);
            door.shut();
            await(() -> one.fault() != null);
            assertThat(one.reserve(List.of(charge(day, 999)))).isInstanceOf(Granted.class);
            assertThat(refuses(one, day)).isTrue();
            assertThat(one.reserve(List.of(charge(met, 50)))).isInstanceOf(Granted.class);
            assertThat(refuses(one, met)).isTrue();
            for (int i = 0; i < 7; i++) {
                assertThat(refuses(one, slots)).isFalse();
            }
            assertThat(refuses(one, slots)).isTrue();
            // changed meanwhile
            assertThat(one.reserve(List.of(charge(day.amount(1010), 10)))).isInstanceOf(Granted.class);
            assertThat(refuses(one, day.amount(1010))).isTrue();
            door.open();
            await(() -> one.fault() == null);
            LeasedCounterStore two = process();
            await(() -> used(two, day) == 1010 && used(two, met) == 50);
            assertThat(drain(two, day.amount(1010))).isZero();
            assertThat(drain(two, met)).isZero();
            assertThat(drain(one, day.amount(1010))).isZero();
        }
    }

    @Test
    void oneOfSeveralUsesWhatItHoldsWithoutTheDatabaseAndThenRefusesUntilItIsBack() throws Exception {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        try (TcpGate door = door()) {
            LeasedCounterStore one = behind(door, LONG);
            LeasedCounterStore two = process();
            await(() -> one.processes() == 2);
            assertThat(take(one, day, 1)).isInstanceOf(Granted.class);
            door.shut();
            long taken = 1;
            while (!refuses(one, day)) {
                taken++;
            }
            assertThat(taken).isBetween(10L, 999L);
            await(() -> one.fault() != null);
            assertThat(refuses(one, day)).isTrue();
            taken += drain(two, day);
            assertThat(taken).isLessThanOrEqualTo(1000);
            door.open();
            await(() -> one.fault() == null);
            takeTheRest(taken + drain(one, day), 1000, day, one, two);
        }
    }

    @Test
    void whatIsHeldIsUsedOnAfterALeaseWithoutTheDatabase() throws Exception {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        try (TcpGate door = door()) {
            LeasedCounterStore one = behind(door, Duration.ofSeconds(2));
            process();
            await(() -> one.processes() == 2);
            assertThat(take(one, day, 1)).isInstanceOf(Granted.class);
            door.shut();
            await(() -> one.fault() != null);
            java.time.Instant since = one.since();
            await(() -> one.clock().instant().isAfter(since.plusSeconds(3)));
            assertThat(refuses(one, day)).isFalse();
        }
    }

    private static boolean refuses(LeasedCounterStore store, Limit limit) {
        return store.reserve(List.of(charge(limit, 1))) instanceof Denied;
    }

    @Test
    void softLimitsRefuseNobodyAndCountForAll() {
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        Limit soft = limit("soft", LimitMetric.REQUESTS, 10, LimitPeriod.DAY).soft();
        for (int i = 0; i < 8; i++) {
            assertThat(((Granted) take(one, soft, 1))
                            .reservation()
                            .grants()
                            .getFirst()
                            .passed())
                    .isFalse();
        }
        await(() ->
                ((Granted) once(two, soft, 1)).reservation().grants().getFirst().passed());
        await(() -> used(one, soft) > 10);
    }

    @Test
    void fixedWindowsBeginAnewInAllProcesses() {
        LeasedCounterStore one = process();
        LeasedCounterStore two = process();
        Limit second = limit("second", LimitMetric.REQUESTS, 20, LimitPeriod.SECOND, LimitAlgorithm.FIXED_WINDOW);
        // by the book's clock, which both follow: each window's grants are counted by its number
        Map<Long, AtomicLong> windows = new java.util.concurrent.ConcurrentHashMap<>();
        AtomicLong granted = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(3500);
        for (LeasedCounterStore store : List.of(one, two, one, two)) {
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() < end) {
                    long before = store.clock().millis() / 1000;
                    boolean got = once(store, second, 1) instanceof Granted;
                    if (got) {
                        granted.incrementAndGet();
                        if (store.clock().millis() / 1000 == before) {
                            windows.computeIfAbsent(before, w -> new AtomicLong())
                                    .incrementAndGet();
                        }
                    } else {
                        LockSupport.parkNanos(5_000_000);
                    }
                }
            }));
        }
        threads.forEach(LeasedCountersTest::join);
        assertThat(windows.values()).allSatisfy(n -> assertThat(n.get()).isLessThanOrEqualTo(20));
        assertThat(granted.get()).isGreaterThan(20);
    }

    /** Three processes of some hundred threads each that take, settle, overrun, and release. */
    @ParameterizedTest
    @EnumSource
    void neverGrantMoreThanTheLimitAndLeakNothing(LimitAlgorithm algorithm) {
        List<Limit> limits = List.of(
                limit("tokens", LimitMetric.TOKENS, 40_000, LimitPeriod.DAY, algorithm),
                limit("input", LimitMetric.INPUT_TOKENS, 25_000, LimitPeriod.DAY, algorithm),
                limit("requests", LimitMetric.REQUESTS, 1_500, LimitPeriod.DAY, algorithm),
                limit("running", LimitMetric.CONCURRENCY, 30, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW));
        List<LeasedCounterStore> stores = List.of(process(), process(), process());
        AtomicLong tokens = new AtomicLong();
        AtomicLong input = new AtomicLong();
        AtomicLong requests = new AtomicLong();
        AtomicLong running = new AtomicLong();
        AtomicLong worst = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Random random = new Random(i);
            LeasedCounterStore store = stores.get(i % 3);
            threads.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < 30; n++) {
                    long most = 1L + random.nextInt(100);
                    if (tried(store, limits, most) instanceof Granted(var reservation)) {
                        worst.accumulateAndGet(running.incrementAndGet(), Math::max);
                        Thread.onSpinWait();
                        running.decrementAndGet();
                        if (random.nextInt(4) == 0) {
                            reservation.release();
                        } else {
                            long in = random.nextLong(most + 1);
                            long out = random.nextLong(most + 1 - in);
                            reservation.settle(new ActualUse(in, out, ActualUse.UNKNOWN));
                            tokens.addAndGet(in + out);
                            input.addAndGet(in);
                            requests.incrementAndGet();
                        }
                        reservation.release();
                    }
                }
            }));
        }
        threads.forEach(LeasedCountersTest::join);
        assertThat(requests.get()).isPositive();
        assertThat(worst.get()).isLessThanOrEqualTo(30);
        assertThat(tokens.get()).isLessThanOrEqualTo(40_000);
        assertThat(input.get()).isLessThanOrEqualTo(25_000);
        assertThat(requests.get()).isLessThanOrEqualTo(1_500);
        // buckets flow off meanwhile: a fraction of a thousandth
        long slack = algorithm == LimitAlgorithm.TOKEN_BUCKET ? 200 : 0;
        for (LeasedCounterStore store : stores) {
            await(() -> Math.abs(used(store, limits.get(0)) - tokens.get()) <= slack
                    && Math.abs(used(store, limits.get(1)) - input.get()) <= slack
                    && Math.abs(used(store, limits.get(2)) - requests.get()) <= slack
                    && used(store, limits.get(3)) == 0);
        }
    }

    private static LimitDecision tried(LeasedCounterStore store, List<Limit> limits, long most) {
        return store.reserve(List.of(
                charge(limits.get(0), most),
                charge(limits.get(1), most),
                charge(limits.get(2), 1),
                charge(limits.get(3), 1)));
    }
}

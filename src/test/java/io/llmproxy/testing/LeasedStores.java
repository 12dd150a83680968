package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Counters as several processes have them that share one PostgreSQL, each with connections of its own. */
public final class LeasedStores implements AutoCloseable {
    /** No process is taken for dead in this time. */
    public static final Duration LONG = Duration.ofMinutes(5);

    private record Member(LeasedCounterStore store, Database database) {}

    private final List<Member> members = new ArrayList<>();
    private final String url = PostgresServer.freshDatabase();

    public LeasedCounterStore join() {
        return join(UUID.randomUUID(), LONG);
    }

    public LeasedCounterStore join(UUID id, Duration lease) {
        return join(url, id, lease);
    }

    /** One whose way to the database is that door. */
    public LeasedCounterStore behind(TcpGate door, Duration lease) {
        String path = URI.create(url.substring("jdbc:".length())).getPath();
        return join("jdbc:postgresql://127.0.0.1:" + door.port() + path, UUID.randomUUID(), lease);
    }

    public TcpGate door() throws IOException {
        return new TcpGate(URI.create(url.substring("jdbc:".length())).getPort());
    }

    private LeasedCounterStore join(String address, UUID id, Duration lease) {
        Database database = Database.open(address, Path.of("unused"), PostgresServer.USER, null, 3);
        LeasedCounterStore store = LeasedCounterStore.join(database.leases(id, "*", lease));
        members.add(new Member(store, database));
        return store;
    }

    /** As {@code kill -9} does: nothing is given back. */
    public void kill(LeasedCounterStore store) {
        Member dying =
                members.stream().filter(p -> p.store == store).findFirst().orElseThrow();
        members.remove(dying);
        dying.database.close();
        store.close();
    }

    /** Gives back what it holds. */
    public void stop(LeasedCounterStore store) {
        Member dying =
                members.stream().filter(p -> p.store == store).findFirst().orElseThrow();
        members.remove(dying);
        store.close();
        dying.database.close();
    }

    @Override
    public void close() {
        for (Member member : List.copyOf(members)) {
            stop(member.store);
        }
    }

    public static Limit limit(String id, LimitMetric metric, long amount, LimitPeriod period) {
        return limit(id, metric, amount, period, LimitAlgorithm.of(period));
    }

    public static Limit limit(
            String id, LimitMetric metric, long amount, LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of(id, LimitScope.TENANT, metric, amount, period, algorithm, LimitOrigin.ADMIN);
    }

    public static Limit slots(long amount) {
        return limit("running", LimitMetric.CONCURRENCY, amount, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
    }

    public static Charge charge(Limit limit, long amount) {
        return new Charge(limit, new CounterKey(limit.id(), CounterKey.ONE), amount);
    }

    public static LimitDecision once(LeasedCounterStore store, Limit limit, long amount) {
        return store.reserve(List.of(charge(limit, amount)));
    }

    public static boolean takes(LeasedCounterStore store, Limit limit, long amount) {
        return once(store, limit, amount) instanceof Granted;
    }

    /** What it grants when it has heard from the database, however slow that is. */
    public static Granted take(LeasedCounterStore store, Limit limit, long amount) {
        List<Granted> granted = new ArrayList<>();
        await(() -> once(store, limit, amount) instanceof Granted g && granted.add(g));
        return granted.getFirst();
    }

    /** How much it gets, one by one, until it gets no more for a while. */
    public static long drain(LeasedCounterStore store, Limit limit) {
        long taken = 0;
        int refusals = 0;
        while (refusals < 5) {
            if (takes(store, limit, 1)) {
                taken++;
                refusals = 0;
            } else {
                refusals++;
                LockSupport.parkNanos(60_000_000);
            }
        }
        return taken;
    }

    /** What all get together, each in threads of its own. */
    public static long drained(Limit limit, LeasedCounterStore... stores) {
        AtomicLong taken = new AtomicLong();
        inThreads(2 * stores.length, i -> taken.addAndGet(drain(stores[i % stores.length], limit)));
        return taken.get();
    }

    /** Takes what is left until it is so much in all, however long others take to give back; then nobody gets more. */
    public static void takeTheRest(long taken, long all, Limit limit, LeasedCounterStore... stores) {
        AtomicLong sum = new AtomicLong(taken);
        await(() -> {
            for (LeasedCounterStore store : stores) {
                sum.addAndGet(sum.get() < all && takes(store, limit, 1) ? 1 : 0);
            }
            return sum.get() == all;
        });
        for (LeasedCounterStore store : stores) {
            assertThat(drain(store, limit)).isZero();
        }
    }

    public static long used(LeasedCounterStore store, Limit limit) {
        return store.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    /** Waits for the condition, a minute at most. */
    public static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited for a minute").isNegative();
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Does it in so many threads, each with its number, and waits for them. */
    public static void inThreads(int number, Consumer<Integer> work) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            int n = i;
            threads.add(Thread.ofVirtual().start(() -> work.accept(n)));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

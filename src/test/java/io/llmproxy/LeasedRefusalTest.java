package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.LONG;
import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.charge;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.slots;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takes;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore.Asker;
import io.llmproxy.testing.LeasedStores;
import io.llmproxy.testing.TcpGate;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a look before the body says of limits that several processes share: no where the others hold all of it, and nowhere else. */
class LeasedRefusalTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    private static @Nullable Denied look(LeasedCounterStore store, Limit limit) {
        return store.refusal(List.of(charge(limit, 1)), Asker.ONCE);
    }

    @Test
    void whatTheOthersHoldIsRefusedAndNothingIsTaken() {
        Limit running = slots(2);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Granted first = take(one, running, 1);
        take(one, running, 1);
        await(() -> look(two, running) != null);
        assertThat(look(two, running)).isNotNull().extracting(Denied::limit).isEqualTo(running);
        await(() -> used(two, running) == 2 && used(one, running) == 2);
        first.reservation().release();
        await(() -> look(two, running) == null && takes(two, running, 1));
        assertThat(takes(one, running, 1)).isFalse();
    }

    @Test
    void whatTheDatabaseHasMoreOfIsNeverRefused() {
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        for (int i = 0; i < 20; i++) {
            Limit limit = limit("limit " + i, LimitMetric.REQUESTS, 4, LimitPeriod.DAY);
            take(one, limit, 1);
            // unmet, then met, and then more than the share that a look brought
            assertThat(look(two, limit)).isNull();
            take(two, limit, 1);
            assertThat(look(two, limit)).isNull();
            assertThat(look(one, limit)).isNull();
        }
    }

    /** With a limit of its own each time, so that no attempt brings what the next one takes. */
    @Test
    void aLookBringsWhatIsTakenThenWithoutAnotherWord() throws IOException {
        AtomicInteger tries = new AtomicInteger();
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, LONG);
            processes.join();
            await(() -> one.processes() == 2);
            await(() -> {
                Limit limit = limit("day " + tries.incrementAndGet(), LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
                assertThat(look(one, limit)).isNull();
                assertThat(used(one, limit)).isZero();
                door.stall();
                try {
                    return takes(one, limit, 1);
                } finally {
                    door.flow();
                }
            });
        }
    }

    /** Who cannot tell lets the body come, and does not wait again. */
    @Test
    void whatNobodyHeardOfIsNotRefused() throws IOException {
        Limit running = slots(1);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.join();
            LeasedCounterStore two = processes.behind(door, LONG);
            take(one, running, 1);
            await(() -> look(two, running) != null);
            long[] waited = new long[1];
            Asker asker = new Asker() {
                @Override
                public long waited() {
                    return waited[0];
                }

                @Override
                public void waited(long nanos) {
                    waited[0] += nanos;
                }
            };
            door.stall();
            Limit unmet = limit("unmet", LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
            assertThat(two.refusal(List.of(charge(unmet, 1)), asker)).isNull();
            assertThat(waited[0]).isPositive();
            door.flow();
            await(() -> takes(two, unmet, 1));
        }
    }

    @Test
    void whatTheOthersUsedUpIsToldByItsLongestWait() {
        Limit running = slots(1);
        Limit month = limit("month", LimitMetric.TOKENS, 8, LimitPeriod.MONTH);
        Limit total = limit("total", LimitMetric.REQUESTS, 100, LimitPeriod.TOTAL);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        take(one, running, 1);
        take(one, month, 8);
        take(one, total, 1);
        List<Charge> charges = List.of(charge(running, 1), charge(month, 1), charge(total, 1));
        await(() -> two.reserve(charges) instanceof Denied denied
                && denied.all().stream().map(Refusal::limit).toList().equals(List.of(running, month)));
        await(() -> {
            Denied seen = two.refusal(charges, Asker.ONCE);
            return seen != null && seen.limit().equals(month) && seen.first().equals(running) && seen.waitSeconds() > 1;
        });
        assertThat(used(two, total)).isEqualTo(1);
    }

    /** What is known here is enough to refuse: how much there is of another limit is not asked for. */
    @Test
    void whoIsRefusedByWhatIsCountedHereAsksNobodyWhatElseWouldRefuse() throws IOException {
        Limit address = Limit.of(
                "ip",
                LimitScope.IP,
                LimitMetric.REQUESTS,
                1,
                LimitPeriod.DAY,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.CONFIG);
        Limit unmet = limit("unmet", LimitMetric.REQUESTS, 1, LimitPeriod.MONTH);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, LONG);
            take(one, address, 1);
            door.stall();
            Asker never = new Asker() {
                @Override
                public long waited() {
                    return 0;
                }

                @Override
                public void waited(long nanos) {
                    throw new AssertionError("waited for " + nanos);
                }
            };
            LimitDecision decision =
                    one.reserve(List.of(charge(address, 1), charge(unmet, 1)), Reservation.NONE, never);
            assertThat(decision)
                    .isInstanceOfSatisfying(
                            Denied.class,
                            denied -> assertThat(denied.all())
                                    .extracting(Refusal::limit)
                                    .containsExactly(address));
            door.flow();
        }
    }

    @Test
    void withoutTheDatabaseWhoIsAloneRefusesNothingThatIsLeft() throws IOException {
        Limit met = slots(2);
        Limit unmet = limit("unmet", LimitMetric.REQUESTS, 2, LimitPeriod.DAY);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, LONG);
            take(one, met, 1);
            door.shut();
            await(() -> one.fault() != null);
            assertThat(look(one, met)).isNull();
            assertThat(look(one, unmet)).isNull();
            assertThat(takes(one, met, 1)).isTrue();
            assertThat(look(one, met)).isNotNull();
            door.open();
        }
    }
}

package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.LONG;
import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.drain;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.slots;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takeTheRest;
import static io.llmproxy.testing.LeasedStores.takes;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.testing.LeasedStores;
import io.llmproxy.testing.TcpGate;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Limits that several processes share while their PostgreSQL is away. */
class LeasedOutageTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    @Test
    void whoIsAloneGoesOnWithAllWhileTheDatabaseIsAwayAndCountsItAfterwards() throws IOException {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        Limit met = limit("met", LimitMetric.TOKENS, 50, LimitPeriod.DAY);
        Limit slots = slots(7);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, Duration.ofSeconds(2));
            take(one, day, 1);
            assertThat(one.processes()).isEqualTo(1);
            door.shut();
            await(() -> one.fault() != null);
            assertThat(takes(one, day, 999)).isTrue();
            assertThat(takes(one, day, 1)).isFalse();
            assertThat(takes(one, met, 50)).isTrue();
            assertThat(takes(one, met, 1)).isFalse();
            for (int i = 0; i < 7; i++) {
                assertThat(takes(one, slots, 1)).isTrue();
            }
            assertThat(takes(one, slots, 1)).isFalse();
            // changed meanwhile
            assertThat(takes(one, day.amount(1010), 10)).isTrue();
            assertThat(takes(one, day.amount(1010), 1)).isFalse();
            door.open();
            await(() -> one.fault() == null);
            LeasedCounterStore two = processes.join();
            await(() -> used(two, day) == 1010 && used(two, met) == 50);
            assertThat(drain(two, day.amount(1010))).isZero();
            assertThat(drain(two, met)).isZero();
            assertThat(drain(one, day.amount(1010))).isZero();
        }
    }

    @Test
    void oneOfSeveralUsesWhatItHoldsWithoutTheDatabaseAndThenRefusesUntilItIsBack() throws IOException {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, LONG);
            LeasedCounterStore two = processes.join();
            await(() -> one.processes() == 2);
            take(one, day, 1);
            door.shut();
            long taken = 1;
            while (takes(one, day, 1)) {
                taken++;
            }
            assertThat(taken).isBetween(10L, 999L);
            await(() -> one.fault() != null);
            assertThat(takes(one, day, 1)).isFalse();
            taken += drain(two, day);
            assertThat(taken).isLessThanOrEqualTo(1000);
            door.open();
            await(() -> one.fault() == null);
            takeTheRest(taken + drain(one, day), 1000, day, one, two);
        }
    }

    @Test
    void whatIsHeldIsUsedOnAfterALeaseWithoutTheDatabase() throws IOException {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, Duration.ofSeconds(1));
            processes.join();
            await(() -> one.processes() == 2);
            take(one, day, 1);
            door.shut();
            await(() -> one.fault() != null);
            Instant since = one.since();
            await(() -> one.clock().instant().isAfter(since.plusSeconds(2)));
            assertThat(takes(one, day, 1)).isTrue();
        }
    }

    /** Others may hold all of it. */
    @Test
    void whatOneOfSeveralHasNotMetIsRefusedUntilTheDatabaseIsBack() throws IOException {
        Limit day = limit("day", LimitMetric.REQUESTS, 101, LimitPeriod.DAY);
        Limit slots = slots(5);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, LONG);
            LeasedCounterStore two = processes.join();
            await(() -> one.processes() == 2 && two.processes() == 2);
            door.shut();
            await(() -> one.fault() != null);
            assertThat(one.fault()).contains("refuses beyond that");
            assertThat(takes(one, day, 1)).isFalse();
            assertThat(takes(one, slots, 1)).isFalse();
            // changed meanwhile
            assertThat(takes(one, day.amount(105), 1)).isFalse();
            long taken = drain(two, day.amount(105));
            assertThat(taken).isBetween(1L, 105L);
            door.open();
            await(() -> one.fault() == null);
            takeTheRest(taken, 105, day.amount(105), one, two);
        }
    }

    /** Where the database was away for all, nobody is taken for dead who comes back a little later than the first. */
    @Test
    void whoHoldsSomethingWhenTheDatabaseComesBackHoldsItStill() throws IOException {
        // so long after the database is back the one that is still away is dead: a slow machine needs some of it to
        // take all
        Duration lease = Duration.ofSeconds(8);
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        try (TcpGate first = processes.door();
                TcpGate later = processes.door()) {
            LeasedCounterStore one = processes.behind(first, lease);
            LeasedCounterStore two = processes.behind(later, lease);
            await(() -> one.processes() == 2 && two.processes() == 2);
            take(one, day, 10);
            take(two, day, 10);
            first.shut();
            later.shut();
            await(() -> one.fault() != null && two.fault() != null);
            Instant since = one.since();
            await(() -> one.clock().instant().isAfter(since.plus(lease).plusSeconds(1)));
            first.open();
            await(() -> one.fault() == null);
            long taken = 20 + drain(one, day) + drain(two, day);
            assertThat(taken).isLessThanOrEqualTo(1000);
            later.open();
            await(() -> two.fault() == null && one.processes() == 2);
            assertThat(used(one, day)).isLessThanOrEqualTo(1000);
        }
    }

    /** What hangs is as good as away. */
    @Test
    void aDatabaseThatHangsHoldsNobodyUp() throws IOException {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        try (TcpGate door = processes.door()) {
            LeasedCounterStore one = processes.behind(door, LONG);
            take(one, day, 1);
            door.stall();
            await(() -> takes(one, day, 800));
            assertThat(one.fault()).contains("this process was alone");
            assertThat(takes(one, day, 199)).isTrue();
            door.flow();
            await(() -> one.fault() == null && used(one, day) == 1000);
        }
    }
}

package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.LONG;
import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.charge;
import static io.llmproxy.testing.LeasedStores.drain;
import static io.llmproxy.testing.LeasedStores.drained;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.once;
import static io.llmproxy.testing.LeasedStores.slots;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takes;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.testing.LeasedStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What processes leave behind that end or are killed while they share limits. */
class LeasedDeathTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    @Test
    void concurrencyIsSharedAndComesBackFromTheDead() {
        Limit running = slots(10);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join(UUID.randomUUID(), Duration.ofSeconds(4));
        List<Granted> held = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            LeasedCounterStore store = i % 2 == 0 ? one : two;
            await(() -> once(store, running, 1) instanceof Granted g && held.add(g));
        }
        assertThat(takes(one, running, 1)).isFalse();
        assertThat(takes(two, running, 1)).isFalse();
        held.getFirst().reservation().release();
        await(() -> takes(two, running, 1));
        processes.kill(two);
        for (int i = 0; i < 6; i++) {
            await(() -> takes(one, running, 1));
        }
        assertThat(takes(one, running, 1)).isFalse();
    }

    @Test
    void whatAKilledProcessHeldAndDidNotUseComesBackAfterItsLease() {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        Limit hour = limit("hour", LimitMetric.REQUESTS, 1000, LimitPeriod.HOUR, LimitAlgorithm.SLIDING_WINDOW);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join(UUID.randomUUID(), Duration.ofSeconds(2));
        for (Limit limit : List.of(day, hour)) {
            for (int i = 0; i < 100; i++) {
                take(two, limit, 1);
            }
        }
        processes.kill(two);
        assertThat(drained(day, one)).isLessThanOrEqualTo(900);
        await(() -> one.processes() == 1);
        for (Limit limit : List.of(day, hour)) {
            // an eighth of what it held counts, which it may have used without a word to the others
            await(() -> {
                drain(one, limit);
                return one.memory().used(limit).values().stream()
                                .mapToLong(n -> n)
                                .sum()
                        >= 750;
            });
            assertThat(one.memory().used(limit).values()).allMatch(n -> n <= 900);
            assertThat(used(one, limit)).isLessThanOrEqualTo(1000);
        }
    }

    /** Four lives, each ended at whatever moment: what they got and did not say is never granted again. */
    @Test
    void whatAKilledProcessUsedIsNeverGrantedAgain() {
        Limit day = limit("day", LimitMetric.TOKENS, 5000, LimitPeriod.DAY);
        LeasedCounterStore one = processes.join();
        Random random = new Random(7);
        long taken = 0;
        for (int life = 0; life < 4; life++) {
            LeasedCounterStore dying = processes.join(UUID.randomUUID(), Duration.ofSeconds(1));
            int requests = 20 + random.nextInt(60);
            for (int i = 0; i < requests; i++) {
                taken += takes(dying, day, 7) ? 7 : 0;
                taken += takes(one, day, 3) ? 3 : 0;
            }
            processes.kill(dying);
        }
        await(() -> one.processes() == 1);
        for (int refusals = 0; refusals < 20; ) {
            if (takes(one, day, 1)) {
                taken++;
            } else {
                refusals++;
            }
        }
        assertThat(taken).isLessThanOrEqualTo(5000);
        assertThat(used(one, day)).isLessThanOrEqualTo(5000);
    }

    @Test
    void aKilledProcessThatComesBackFindsInTheLedgerWhatItReallyUsed() {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        UUID id = UUID.randomUUID();
        LeasedCounterStore before = processes.join(id, LONG);
        take(before, day, 100);
        processes.kill(before);
        LeasedCounterStore after = processes.join(id, LONG);
        after.seed(charge(day, 100));
        await(() -> used(after, day) == 100);
        take(after, day, 900);
        assertThat(takes(after, day, 1)).isFalse();
    }

    @Test
    void aStoppedProcessLeavesWhatItUsedAndGivesBackTheRest() {
        Limit total = limit("total", LimitMetric.REQUESTS, 1000, LimitPeriod.TOTAL);
        LeasedCounterStore before = processes.join();
        take(before, total, 100);
        processes.stop(before);
        LeasedCounterStore after = processes.join();
        await(() -> takes(after, total, 900));
        assertThat(takes(after, total, 1)).isFalse();
        assertThat(used(after, total)).isEqualTo(1000);
    }
}

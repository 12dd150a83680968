package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.LONG;
import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.charge;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.once;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takes;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.testing.LeasedStores;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What processes that share limits by PostgreSQL are told of the time before them: of windows that slide, and of buckets. */
class LeasedPastTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void close() {
        processes.close();
    }

    private static Limit hour(LimitAlgorithm algorithm) {
        return limit("hour", LimitMetric.REQUESTS, 1000, LimitPeriod.HOUR, algorithm);
    }

    /** So much 45 minutes ago, and so much now. */
    private static PastUse past(LeasedCounterStore store, Limit limit, long before, long now) {
        Instant moment = store.clock().instant();
        return new PastUse(
                charge(limit, before + now),
                List.of(part(moment.minus(Duration.ofMinutes(45)), before), part(moment, now)));
    }

    private static PastUse.Part part(Instant until, long amount) {
        return new PastUse.Part(ChronoUnit.MICROS.between(Instant.EPOCH, until), amount);
    }

    /** Whoever comes first counts it, in its time; another one that is told the same counts nothing on top. */
    @Test
    void whatASlidingWindowCountedBeforeLeavesWithItsSegment() {
        Limit limit = hour(LimitAlgorithm.SLIDING_WINDOW);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        one.seed(past(one, limit, 900, 100));
        await(() -> used(two, limit) == 1000);
        two.seed(past(two, limit, 900, 100));
        assertThat(takes(two, limit, 1)).isFalse();
        assertThat(used(two, limit)).isEqualTo(1000);
        // the segment of 45 minutes ago leaves in 5 to 15 minutes, and not in 50 and more
        assertThat(((Denied) once(one, limit, 1)).waitSeconds()).isBetween(200L, 1000L);
    }

    @Test
    void aKilledProcessThatComesBackCountsASlidingWindowInItsTime() {
        Limit limit = hour(LimitAlgorithm.SLIDING_WINDOW);
        UUID id = UUID.randomUUID();
        LeasedCounterStore before = processes.join(id, LONG);
        take(before, limit, 1000);
        await(() -> used(before, limit) == 1000);
        processes.kill(before);
        LeasedCounterStore after = processes.join(id, LONG);
        after.seed(past(after, limit, 900, 100));
        await(() -> used(after, limit) == 1000);
        assertThat(((Denied) once(after, limit, 1)).waitSeconds()).isBetween(200L, 1000L);
    }

    /** Not a period later at once. */
    @Test
    void whatABucketHeldBeforeFlowsOffAtOnce() {
        Limit limit = limit("day", LimitMetric.REQUESTS, 3_600_000, LimitPeriod.HOUR, LimitAlgorithm.TOKEN_BUCKET);
        LeasedCounterStore one = processes.join();
        one.seed(charge(limit, 3_600_000));
        await(() -> used(one, limit) > 3_000_000);
        // a thousand a second
        await(() -> used(one, limit) < 3_599_000);
        await(() -> takes(one, limit, 100));
        assertThat(used(one, limit)).isLessThanOrEqualTo(3_600_000);
    }
}

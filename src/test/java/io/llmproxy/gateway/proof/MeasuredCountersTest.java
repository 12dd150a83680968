package io.llmproxy.gateway.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.MemoryCounterStore;
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
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasuredCountersTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final Limit TOKENS = Limit.of(
            "tokens",
            LimitScope.TENANT,
            LimitMetric.TOKENS,
            100,
            LimitPeriod.DAY,
            LimitAlgorithm.FIXED_WINDOW,
            LimitOrigin.ADMIN);

    private final CounterStore store = new MemoryCounterStore(() -> NOW, () -> 0);

    private static List<Charge> charge(long amount) {
        return List.of(new Charge(TOKENS, new CounterKey(TOKENS.id(), CounterKey.ONE), amount));
    }

    private static Reservation granted(LimitDecision decision) {
        assertThat(decision).isInstanceOf(Granted.class);
        return ((Granted) decision).reservation();
    }

    private static LimitProofReport report(CounterStore store, MeasuredCounters.Seen seen) {
        long used = store.used(TOKENS).values().stream().mapToLong(n -> n).sum();
        return new LimitProofReport(
                1,
                0,
                0,
                0,
                List.of(new LimitProofReport.OfLimit(
                        TOKENS, seen.peak(), seen.held(), used, seen.overrun(), 0, seen.refused())));
    }

    @Test
    void seesWhatIsHeldAtMostAndInTheEnd() {
        MeasuredCounters measured = new MeasuredCounters(store);
        Reservation first = granted(measured.reserve(charge(60)));
        Reservation second = granted(measured.admit(charge(30), true, CounterStore.Asker.ONCE));
        assertThat(measured.reserve(charge(20), second, CounterStore.Asker.ONCE))
                .isInstanceOf(Denied.class);
        first.release();
        first.release();
        second.settle(new ActualUse(10, 5, ActualUse.UNKNOWN));
        second.settle(new ActualUse(100, 500, ActualUse.UNKNOWN));

        MeasuredCounters.Seen seen = measured.of(TOKENS);
        assertThat(seen.peak()).isEqualTo(90);
        assertThat(seen.held()).isEqualTo(15);
        assertThat(seen.overrun()).isZero();
        assertThat(report(store, seen).holds()).isTrue();
    }

    @Test
    void anAnswerThatUsesMoreThanWasReservedIsAnOverrunAndNoBreach() {
        MeasuredCounters measured = new MeasuredCounters(store);
        granted(measured.reserve(charge(100))).settle(new ActualUse(100, 20, ActualUse.UNKNOWN));

        MeasuredCounters.Seen seen = measured.of(TOKENS);
        assertThat(seen.overrun()).isEqualTo(20);
        assertThat(seen.peak()).isEqualTo(120);
        assertThat(report(store, seen).holds())
                .as("nobody was refused, so nothing is proven")
                .isFalse();
        assertThat(measured.reserve(charge(1))).isInstanceOf(Denied.class);
        assertThat(report(store, seen).holds()).isTrue();
    }

    @Test
    void aStoreThatGrantsMoreThanTheLimitIsFoundOut() {
        Lying lying = new Lying();
        MeasuredCounters measured = new MeasuredCounters(lying);
        granted(measured.reserve(charge(60)));
        granted(measured.reserve(charge(60)));
        assertThat(measured.reserve(charge(2_000_000))).isInstanceOf(Denied.class);
        LimitProofReport report = report(lying, measured.of(TOKENS));
        assertThat(report.proves()).isTrue();
        assertThat(report.holds()).isFalse();
    }

    @Test
    void aStoreThatForgetsToGiveBackIsFoundOut() {
        MeasuredCounters measured = new MeasuredCounters(store);
        granted(store.reserve(charge(1))); // nobody has this one
        granted(measured.reserve(charge(60))).release();
        assertThat(measured.reserve(charge(100))).isInstanceOf(Denied.class);
        LimitProofReport report = report(store, measured.of(TOKENS));
        assertThat(report.proves()).isTrue();
        assertThat(report.holds()).isFalse();
    }

    @Test
    void whereNobodyWasServedNothingIsProven() {
        LimitProofReport none = new LimitProofReport(0, 10, 0, 1, List.of());
        assertThat(none.proves()).isFalse();
        assertThat(none.holds()).isFalse();
    }

    private static LimitProofReport.OfLimit bucket(long peak, long granted, long used) {
        Limit bucket = Limit.of(
                "bucket",
                LimitScope.TENANT,
                LimitMetric.TOKENS,
                100,
                LimitPeriod.DAY,
                LimitAlgorithm.TOKEN_BUCKET,
                LimitOrigin.ADMIN);
        return new LimitProofReport.OfLimit(bucket, peak, granted, used, 5, 3, 1);
    }

    /** Of 100, with an overrun of 5, when 3 have flowed off. */
    @Test
    void ofABucketWhatFlowedOffMayBeGrantedAgainAndNoMore() {
        assertThat(bucket(108, 108, 105).holds()).isTrue();
        assertThat(bucket(109, 108, 105).holds()).as("granted too much").isFalse();
        assertThat(bucket(108, 108, 104).holds()).as("forgot some").isFalse();
        assertThat(bucket(108, 90, 105).holds()).as("some was not given back").isTrue();
        assertThat(bucket(108, 90, 106).holds())
                .as("it cannot count more than it takes")
                .isFalse();
    }

    /** Grants everything. */
    private final class Lying implements CounterStore {
        @Override
        public LimitDecision reserve(List<Charge> charges) {
            Limit wide = TOKENS.amount(1_000_000);
            return store.reserve(charges.stream()
                    .map(c -> new Charge(wide, c.key(), c.amount()))
                    .toList());
        }

        @Override
        public Map<CounterKey, Long> used(Limit limit) {
            return store.used(limit);
        }

        @Override
        public void reset(Limit limit) {
            store.reset(limit);
        }

        @Override
        public void seed(PastUse past) {
            store.seed(past);
        }
    }
}

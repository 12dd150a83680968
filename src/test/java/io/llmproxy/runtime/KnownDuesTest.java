package io.llmproxy.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Due;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.runtime.LimitTable.Facts;
import io.llmproxy.runtime.LimitTable.Place;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KnownDuesTest {
    private static final UUID A = new UUID(0, 1);
    private static final UUID B = new UUID(0, 2);

    private final LimitTable table = new LimitTable(
            Arrays.stream(LimitScope.values())
                    .map(scope -> Limit.of(
                            scope.word(),
                            scope,
                            LimitMetric.REQUESTS,
                            5,
                            LimitPeriod.MINUTE,
                            LimitAlgorithm.FIXED_WINDOW,
                            LimitOrigin.ADMIN))
                    .toList(),
            LimitTable.Named.NONE);
    private final KnownDues<Facts> known = KnownDues.ofAll();

    private static Facts facts(
            UUID tenant, UUID user, UUID key, int place, @Nullable String model, String endpoint, UUID provider) {
        return new Facts(
                tenant,
                user,
                key,
                new Place(new byte[] {10, 0, 0, (byte) place}),
                "asked",
                model,
                endpoint,
                null,
                provider,
                "provider " + provider);
    }

    private List<CounterKey> keys(Facts facts) {
        return known.of(table, facts).stream().map(Due::key).toList();
    }

    /** All have their place by key and model, so that those which differ in nothing else put each other out. */
    @Test
    void requestsThatDifferInAnythingAreCountedApart() {
        List<Facts> all = List.of(
                facts(A, A, A, 1, "m", "/v1/a", A),
                facts(B, A, A, 1, "m", "/v1/a", A),
                facts(A, B, A, 1, "m", "/v1/a", A),
                facts(A, A, B, 1, "m", "/v1/a", A),
                facts(A, A, A, 2, "m", "/v1/a", A),
                facts(A, A, A, 1, "n", "/v1/a", A),
                facts(A, A, A, 1, null, "/v1/a", A),
                facts(A, A, A, 1, "m", "/v1/b", A),
                facts(A, A, A, 1, "m", "/v1/a", B));
        List<List<CounterKey>> expected = all.stream()
                .map(f -> KnownDues.ofAll().of(table, f).stream().map(Due::key).toList())
                .toList();
        assertThat(expected).doesNotHaveDuplicates();
        for (int round = 0; round < 2; round++) {
            assertThat(all.stream().map(this::keys).toList()).isEqualTo(expected);
        }
    }

    @Test
    void alikeRequestsHaveTheSameKeys() {
        List<Due> first = known.of(table, facts(A, A, A, 1, "m", "/v1/a", A));
        assertThat(known.of(table, facts(A, A, A, 1, "m", "/v1/a", A))).isSameAs(first);
    }

    @Test
    void aNameOfAMegabyteIsNotKept() {
        Facts facts = new Facts(A, A, A, null, "m".repeat(1 << 20), null, "/v1/a", null, null, null);
        assertThat(known.of(table, facts)).isNotSameAs(known.of(table, facts)).hasSize(6);
    }
}

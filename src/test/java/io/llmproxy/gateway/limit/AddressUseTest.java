package io.llmproxy.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.Limits;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.testing.InMemoryStores;
import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressUseTest {
    private static final Instant NOW = UsageRecords.T0;
    private static final UUID OTHER = new UUID(9, 9);

    private final InMemoryStores stores = new InMemoryStores();

    private static Limit limit(String id, @Nullable UUID tenant, @Nullable String range, LimitMetric metric) {
        return new Limit(
                id,
                tenant,
                LimitScope.IP,
                range,
                metric,
                1000,
                LimitPeriod.DAY,
                LimitAlgorithm.FIXED_WINDOW,
                6,
                LimitMode.HARD,
                LimitOrigin.ADMIN,
                ZoneOffset.UTC);
    }

    private void used(UUID tenant, Instant at, @Nullable String address, UsageRecord.Result result) {
        UsageRecord record = new UsageRecord(
                Ids.next(at), null, null, at, UsageRecords.caller(tenant, "acme"), UsageRecords.chat("gpt-4o"), result);
        stores.used(List.of(record.from(address)));
    }

    private void used(Instant at, String address) {
        used(UsageRecords.TENANT, at, address, UsageRecords.answered(TokenUsage.of(3, 4), Cost.UNKNOWN));
    }

    /** @return by id and subject */
    private Map<String, Long> told(int atOnce, Limit... limits) {
        List<Limit> all = List.of(limits);
        List<Limit> early = all.stream().filter(Limit::early).toList();
        List<Limit> late = all.stream().filter(l -> !l.early()).toList();
        Map<String, Limit> byId = new HashMap<>();
        all.forEach(l -> byId.put(l.id(), l));
        RuntimeSnapshot snapshot = new RuntimeSnapshot(
                1,
                Map.of(),
                Map.of(),
                Map.of(),
                new Limits(
                        new LimitTable(early, LimitTable.Named.NONE),
                        Map.of(UsageRecords.TENANT, new LimitTable(late, LimitTable.Named.NONE)),
                        byId));
        Map<String, Long> told = new HashMap<>();
        new AddressUse(stores.usage(), atOnce)
                .of(
                        snapshot,
                        all,
                        l -> NOW.minus(Duration.ofHours(1)),
                        new LookBack(NOW),
                        past -> told.merge(text(past.key()), past.charge().amount(), Math::max));
        return told;
    }

    private static String text(CounterKey key) {
        return key.limitId() + " " + key.subject();
    }

    @Test
    void tellsWhatEachAddressAndEachRangeUsedInTheirPeriod() {
        used(NOW, "10.0.0.1");
        used(NOW, "10.0.0.1");
        used(NOW, "10.0.0.2");
        used(NOW, "2001:db8:0:1::");
        used(NOW.minus(Duration.ofHours(2)), "10.0.0.1");
        assertThat(told(
                        100,
                        limit("each", null, null, LimitMetric.REQUESTS),
                        limit("range", null, "10.0.0.0/31", LimitMetric.REQUESTS),
                        limit("own", UsageRecords.TENANT, null, LimitMetric.TOKENS)))
                .isEqualTo(Map.of(
                        "each 10.0.0.1", 2L,
                        "each 10.0.0.2", 1L,
                        "each 2001:db8:0:1::/64", 1L,
                        "range -", 2L,
                        "own 10.0.0.1", 14L,
                        "own 10.0.0.2", 7L,
                        "own 2001:db8:0:1::/64", 7L));
    }

    @Test
    void passesOverWhatWasRefusedWhatHasNoAddressAndOtherTenants() {
        used(UsageRecords.TENANT, NOW, "10.0.0.1", UsageRecords.refused(429, "some-limit"));
        used(UsageRecords.TENANT, NOW, null, UsageRecords.answered(TokenUsage.of(1, 1), Cost.UNKNOWN));
        used(OTHER, NOW, "10.0.0.1", UsageRecords.answered(TokenUsage.of(1, 1), Cost.UNKNOWN));
        assertThat(told(100, limit("own", UsageRecords.TENANT, null, LimitMetric.REQUESTS)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 150, 1000})
    void manyAddressesAreSummedUpAFewAtATime(int atOnce) {
        for (int i = 0; i < 300; i++) {
            used(NOW, "10.0." + i / 250 + "." + i % 250);
            used(NOW, "10.0." + i / 250 + "." + i % 250);
        }
        Map<String, Long> told = told(atOnce, limit("each", null, null, LimitMetric.REQUESTS));
        assertThat(told).hasSize(300);
        assertThat(told.values()).containsOnly(2L);
    }
}

package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.gateway.limit.LimitHistory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Of which requests the ledger keeps the client's address, and what limits of addresses find again by it. */
class KeptAddressTest {
    private static final String CHAT = "{\"model\":\"gpt-4o\",\"max_tokens\":100,\"messages\":[]}";
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        configure();
    }

    private void configure(Limit... limits) {
        fixture = new GatewayFixture(directory, s -> s, limits);
        fixture.up().answers(r -> Script.json(ANSWER));
    }

    private static Limit limit(@Nullable String range, LimitMetric metric, long amount, LimitPeriod period) {
        return new Limit(
                "ip-" + metric.word() + "-" + range,
                null,
                LimitScope.IP,
                range,
                metric,
                amount,
                period,
                LimitAlgorithm.of(period),
                6,
                LimitMode.HARD,
                LimitOrigin.CONFIG,
                java.time.ZoneOffset.UTC);
    }

    /** @return the address that is kept; null: none */
    private @Nullable String kept(String address) {
        send(address);
        return fixture.journal.records.getLast().caller().address();
    }

    private RecordingSink send(String address) {
        byte[] bytes = Objects.requireNonNull(IpAddress.parse(address));
        int[] numbers = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            numbers[i] = bytes[i] & 255;
        }
        return fixture.send(fixture.chat(CHAT).from(numbers));
    }

    @Test
    void noAddressIsKeptThatNobodyAskedFor() {
        assertThat(kept("203.0.113.7")).isNull();
        configure(
                limit(null, LimitMetric.REQUESTS, 50, LimitPeriod.MINUTE),
                limit(null, LimitMetric.CONCURRENCY, 50, LimitPeriod.NONE));
        assertThat(kept("203.0.113.7")).isNull();
        configure(limit("10.0.0.0/8", LimitMetric.REQUESTS, 50, LimitPeriod.DAY));
        assertThat(kept("203.0.113.7")).isNull();
        assertThat(kept("10.9.9.9")).isEqualTo("10.9.9.9");
    }

    @ParameterizedTest
    @EnumSource(
            value = LimitPeriod.class,
            names = {"HOUR", "DAY", "MONTH", "TOTAL"})
    void anAddressIsKeptWhereALimitOfAnHourOrLongerCountsIt(LimitPeriod period) {
        configure(limit(null, LimitMetric.REQUESTS, 1, period));
        assertThat(kept("203.0.113.7")).isEqualTo("203.0.113.7");
        // this machine's own requests are exempt from such limits
        assertThat(kept("127.0.0.1")).isNull();
        // what was refused is counted nowhere
        assertThat(send("203.0.113.7").refusal()).startsWith("429");
        assertThat(fixture.journal.records.getLast().caller().address()).isNull();
    }

    @Test
    void aTenantsOwnLimitKeepsTheAddressesOfItsRequestsAlone() {
        fixture.limits.add(
                limit(null, LimitMetric.TOKENS, 1000, LimitPeriod.DAY).of(new java.util.UUID(5, 5)));
        fixture.publish();
        assertThat(kept("203.0.113.7")).isNull();
        fixture.limits.add(
                limit(null, LimitMetric.TOKENS, 1000, LimitPeriod.DAY).of(fixture.tenant.id()));
        fixture.publish();
        assertThat(kept("203.0.113.7")).isEqualTo("203.0.113.7");
    }

    @ParameterizedTest
    @CsvSource({",2001:db8:1:2::", "2001:db8::/32,2001:db8:1:2::", "2001:db8:1:2:3::/80,2001:db8:1:2:3:4:5:6"})
    void ofAnIpv6AddressNoMoreIsKeptThanLimitsTellApart(@Nullable String range, String kept) {
        configure(limit(range, LimitMetric.REQUESTS, 9, LimitPeriod.DAY));
        assertThat(kept("2001:db8:1:2:3:4:5:6")).isEqualTo(kept);
    }

    @Test
    void anotherProcessFindsItsUseOfAddressesAgain() {
        Limit each = limit(null, LimitMetric.REQUESTS, 9, LimitPeriod.DAY);
        Limit tokens = limit(null, LimitMetric.TOKENS, 10_000, LimitPeriod.HOUR);
        Limit range = limit("203.0.113.0/24", LimitMetric.REQUESTS, 9, LimitPeriod.TOTAL);
        configure(each, tokens, range);
        send("203.0.113.7");
        send("203.0.113.7");
        send("203.0.113.8");
        send("2001:db8:1:2:3:4:5:6");
        MemoryCounterStore counters = new MemoryCounterStore(
                fixture.clock,
                () -> Duration.between(java.time.Instant.EPOCH, fixture.clock.now)
                        .toNanos());
        fixture.stores.used(fixture.journal.records);
        LimitHistory history = new LimitHistory(fixture.stores.usage(), counters, fixture.clock);
        history.restore(fixture.snapshots.current());
        // what was told once is not counted again
        history.restore(fixture.snapshots.current());
        for (Limit limit : new Limit[] {each, tokens, range}) {
            assertThat(counters.used(limit)).as(limit.id()).isEqualTo(fixture.counters.used(limit));
        }
        assertThat(counters.used(each)).hasSize(3);
        assertThat(counters.used(range).values()).containsExactly(3L);
    }
}

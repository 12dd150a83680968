package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients are told of their limits, to the token and the second; the clock stands until it is moved, at midnight first. */
class RateHeadersTest {
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.up().answers(r -> Script.json(ANSWER));
    }

    private static Limit limit(
            LimitScope scope, LimitMetric metric, long amount, LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of(scope.word(), scope, metric, amount, period, algorithm, LimitOrigin.ADMIN);
    }

    /** Of the tenant. */
    private void add(LimitScope scope, LimitMetric metric, long amount, LimitPeriod period, LimitAlgorithm algorithm) {
        fixture.limits.add(limit(scope, metric, amount, period, algorithm).of(fixture.tenant.id()));
        fixture.publish();
    }

    private RecordingSink chat() {
        return fixture.send(fixture.chat(CHAT));
    }

    private static void assertTold(RecordingSink sink, String kind, long limit, long remaining, String reset) {
        assertThat(sink.headers().first("x-ratelimit-limit-" + kind)).contains(Long.toString(limit));
        assertThat(sink.headers().first("x-ratelimit-remaining-" + kind)).contains(Long.toString(remaining));
        assertThat(sink.headers().first("x-ratelimit-reset-" + kind)).contains(reset);
    }

    private static LimitExceeded refused(RecordingSink sink) {
        assertThat(sink.error()).isInstanceOf(LimitExceeded.class);
        return (LimitExceeded) sink.error();
    }

    /** What a request like all here reserves, by one that is refused. */
    private long reserved() {
        add(LimitScope.KEY, LimitMetric.TOKENS, 1, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        long asked = refused(chat()).asked();
        fixture.limits.clear();
        fixture.publish();
        // a few for the prompt
        assertThat(asked).isBetween(101L, 120L);
        return asked;
    }

    @Test
    void ofTokensIsToldWhatIsLeftBehindThisRequestAndWhenAllIsBack() {
        long reserved = reserved();
        add(LimitScope.TENANT, LimitMetric.TOKENS, 190, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        assertTold(chat(), "tokens", 190, 190 - reserved, "24h0m0s");
        fixture.clock.advance(Duration.ofSeconds(3_661));
        // the first has used 30
        assertTold(chat(), "tokens", 190, 190 - 30 - reserved, "22h58m59s");
        assertTold(chat(), "tokens", 190, 190 - 60 - reserved, "22h58m59s");
        RecordingSink last = chat();
        LimitExceeded error = refused(last);
        assertThat(error.asked()).isEqualTo(reserved);
        assertThat(error.resetSeconds()).isEqualTo(Duration.ofDays(1).toSeconds() - 3_661);
        assertTold(last, "tokens", 190, 100, "22h58m59s");
        fixture.clock.advance(Duration.ofSeconds(error.resetSeconds()));
        assertTold(chat(), "tokens", 190, 190 - reserved, "24h0m0s");
    }

    @Test
    void theTightestLimitOfTokensIsTold() {
        long reserved = reserved();
        add(LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        add(LimitScope.USER, LimitMetric.OUTPUT_TOKENS, 950, LimitPeriod.MINUTE, LimitAlgorithm.FIXED_WINDOW);
        assertTold(chat(), "tokens", 950, 850, "1m0s");
        fixture.clock.advance(Duration.ofMinutes(1));
        // of the output all is back, of the others 30 are used
        assertThat(1_000 - 30 - reserved).isGreaterThan(850);
        assertTold(chat(), "tokens", 950, 850, "1m0s");
        for (int i = 0; i < 4; i++) {
            chat();
            fixture.clock.advance(Duration.ofMinutes(1));
        }
        // six requests have used 180 of the hour, which is five minutes old
        assertTold(chat(), "tokens", 1_000, 1_000 - 180 - reserved, "55m0s");
    }

    @Test
    void ofRequestsIsToldWhatIsLeftAndWhenAllIsBack() {
        add(LimitScope.TENANT, LimitMetric.REQUESTS, 3, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        assertTold(chat(), "requests", 3, 2, "1h0m0s");
        fixture.clock.advance(Duration.ofSeconds(601));
        assertTold(chat(), "requests", 3, 1, "49m59s");
        assertTold(chat(), "requests", 3, 0, "49m59s");
        RecordingSink last = chat();
        assertThat(refused(last).resetSeconds()).isEqualTo(2_999);
        assertTold(last, "requests", 3, 0, "49m59s");
    }

    /** Of six segments of ten seconds. */
    @Test
    void aSlidingWindowIsFreeWhenItsLastSegmentHasLeft() {
        add(LimitScope.TENANT, LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE, LimitAlgorithm.SLIDING_WINDOW);
        assertTold(chat(), "requests", 3, 2, "1m0s");
        fixture.clock.advance(Duration.ofSeconds(13));
        assertTold(chat(), "requests", 3, 1, "57s");
        fixture.clock.advance(Duration.ofSeconds(7));
        assertTold(chat(), "requests", 3, 0, "1m0s");
        RecordingSink last = chat();
        // of the first
        assertThat(refused(last).resetSeconds()).isEqualTo(40);
        assertTold(last, "requests", 3, 0, "40s");
    }

    /** One flows off in 20 seconds. */
    @Test
    void aBucketIsFreeWhenAllHasFlownOff() {
        add(LimitScope.TENANT, LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE, LimitAlgorithm.TOKEN_BUCKET);
        assertTold(chat(), "requests", 3, 2, "20s");
        assertTold(chat(), "requests", 3, 1, "40s");
        fixture.clock.advance(Duration.ofSeconds(5));
        assertTold(chat(), "requests", 3, 0, "55s");
        RecordingSink last = chat();
        assertThat(refused(last).resetSeconds()).isEqualTo(15);
        assertTold(last, "requests", 3, 0, "15s");
    }

    /** A slot may be free at any moment: in a second it is worth a try. */
    @ParameterizedTest
    @EnumSource(names = {"GLOBAL", "TENANT", "USER", "KEY", "MODEL", "PROVIDER", "ENDPOINT"})
    void whatRunsAtOneTimeIsWorthATryInASecond(LimitScope scope) throws InterruptedException {
        Limit one = limit(scope, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        fixture = new GatewayFixture(directory, s -> s, one);
        WaitingRequest first = WaitingRequest.begin(fixture, fixture.chat(CHAT));
        LimitExceeded error = refused(chat());
        assertThat(error.limitId()).isEqualTo(one.id());
        assertThat(error.status()).isEqualTo(429);
        assertThat(error.type()).isEqualTo("rate_limit_error");
        assertThat(error.resetSeconds()).isEqualTo(1);
        assertThat(error.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        first.leave();
        fixture.up().answers(r -> Script.json(ANSWER));
        assertThat(chat().status()).isEqualTo(200);
    }
}

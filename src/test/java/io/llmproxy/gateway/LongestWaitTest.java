package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that several limits refuse is told of the one that refuses for the longest time, and comes back when it may be served. */
class LongestWaitTest {
    private static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
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

    private void provider(String name) {
        fixture.addProvider(name, "m");
        fixture.provider(name).answers(r -> Script.json(ANSWER));
    }

    private Limit add(LimitScope scope, @Nullable String subject, LimitMetric metric, long amount, LimitPeriod period) {
        Limit limit = new Limit(
                scope.word() + " " + metric.word() + " " + period.word(),
                fixture.tenant.id(),
                scope,
                subject,
                metric,
                amount,
                period,
                LimitAlgorithm.FIXED_WINDOW,
                6,
                LimitMode.HARD,
                LimitOrigin.ADMIN,
                fixture.tenant.settings().limits().zone());
        fixture.limits.add(limit);
        fixture.publish();
        return limit;
    }

    private RecordingSink chat() {
        return fixture.send(fixture.chat(CHAT));
    }

    private @Nullable String servedBy() {
        return chat().header("x-llmproxy-provider");
    }

    private static LimitExceeded refused(RecordingSink sink) {
        assertThat(sink.error()).isInstanceOf(LimitExceeded.class);
        return (LimitExceeded) sink.error();
    }

    @Test
    void whoComesBackWhenItWasToldIsServed() {
        add(LimitScope.KEY, null, LimitMetric.REQUESTS, 1, LimitPeriod.SECOND);
        Limit hour = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 2, LimitPeriod.HOUR);
        chat();
        fixture.clock.advance(Duration.ofSeconds(1));
        assertThat(chat().status()).isEqualTo(200);

        RecordingSink sink = chat();
        LimitExceeded error = refused(sink);
        assertThat(error.limitId()).isEqualTo(hour.id());
        assertThat(error.retryAfter()).isEqualTo(Duration.ofSeconds(3_599));
        assertThat(error.message()).isEqualTo("The tenant limit of 2 requests per hour is reached; retry in 3599 s.");
        assertThat(sink.headers().first("x-ratelimit-limit-requests")).contains("2");
        assertThat(sink.headers().first("x-ratelimit-reset-requests")).contains("59m59s");
        assertThat(fixture.journal.records.getLast().errorCode()).isEqualTo(hour.id());
        fixture.clock.advance(Duration.ofSeconds(error.resetSeconds()));
        assertThat(chat().status()).isEqualTo(200);
    }

    /** Clients need not try again where the day's tokens are gone, whatever else says so. */
    @Test
    void aBudgetThatIsGoneIsToldBeforeALimitThatIsSoonOver() {
        Limit minute = add(LimitScope.KEY, null, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE);
        Limit day = add(LimitScope.TENANT, null, LimitMetric.TOKENS, 125, LimitPeriod.DAY);
        chat();
        LimitExceeded both = refused(chat());
        assertThat(both.limitId()).isEqualTo(day.id());
        assertThat(both.status()).isEqualTo(402);
        assertThat(both.retryAfter()).isNull();
        assertThat(both.message()).endsWith("it begins anew in 86400 s.");

        fixture.limits.remove(day);
        fixture.publish();
        LimitExceeded one = refused(chat());
        assertThat(one.limitId()).isEqualTo(minute.id());
        assertThat(one.status()).isEqualTo(429);
        assertThat(one.retryAfter()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void whatHasNeverRoomAgainIsToldWithoutATime() {
        add(LimitScope.KEY, null, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE);
        Limit total = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 1, LimitPeriod.TOTAL);
        chat();
        LimitExceeded error = refused(chat());
        assertThat(error.limitId()).isEqualTo(total.id());
        assertThat(error.retryAfter()).isNull();
        assertThat(error.message())
                .isEqualTo("The tenant limit of 1 requests in all is reached; ask your operator to raise it.");
    }

    @Test
    void whoIsRefusedUnreadIsToldWhatItWouldMeetThen() throws InterruptedException {
        add(LimitScope.KEY, null, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        Limit hour = add(LimitScope.USER, null, LimitMetric.REQUESTS, 1, LimitPeriod.HOUR);
        WaitingRequest first = WaitingRequest.begin(fixture, fixture.chat(CHAT));
        FakeRequest second = fixture.chat(CHAT);
        LimitExceeded error = refused(fixture.send(second));
        assertThat(second.bodyTouched()).isFalse();
        assertThat(error.limitId()).isEqualTo(hour.id());
        assertThat(error.retryAfter()).isEqualTo(Duration.ofHours(1));
        first.leave();
    }

    /** The body says where it goes, and that may be elsewhere. */
    @ParameterizedTest
    @CsvSource({"PROVIDER,up", "MODEL,m"})
    void whoIsRefusedUnreadIsToldNothingOfModelsAndProviders(LimitScope scope, String subject)
            throws InterruptedException {
        Limit running = add(LimitScope.KEY, null, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        add(scope, subject, LimitMetric.REQUESTS, 1, LimitPeriod.HOUR);
        WaitingRequest first = WaitingRequest.begin(fixture, fixture.chat(CHAT));
        LimitExceeded error = refused(chat());
        assertThat(error.limitId()).isEqualTo(running.id());
        assertThat(error.resetSeconds()).isEqualTo(1);
        first.leave();
        assertThat(refused(chat()).resetSeconds()).isEqualTo(3_600);
    }

    /** That of one provider is met before the key's, that of each one after it. */
    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "a")
    void aProvidersOwnLimitIsNotWaitedForWhereAnotherOneFollows(@Nullable String subject) {
        fixture.removeProvider("up");
        provider("a");
        provider("b");
        Limit second = add(LimitScope.KEY, null, LimitMetric.REQUESTS, 1, LimitPeriod.SECOND);
        add(LimitScope.PROVIDER, subject, LimitMetric.REQUESTS, 1, LimitPeriod.HOUR);
        assertThat(servedBy()).isEqualTo("a");
        LimitExceeded error = refused(chat());
        assertThat(error.limitId()).isEqualTo(second.id());
        assertThat(error.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        fixture.clock.advance(Duration.ofSeconds(1));
        assertThat(servedBy()).isEqualTo("b");
    }

    @ParameterizedTest
    @CsvSource({"HOUR,MINUTE,b", "MINUTE,HOUR,a"})
    void ofProvidersThatAllRefuseTheOneIsToldThatHasRoomFirst(LimitPeriod ofA, LimitPeriod ofB, String next) {
        fixture.removeProvider("up");
        provider("a");
        provider("b");
        add(LimitScope.PROVIDER, "a", LimitMetric.REQUESTS, 1, ofA);
        add(LimitScope.PROVIDER, "b", LimitMetric.REQUESTS, 1, ofB);
        assertThat(servedBy()).isEqualTo("a");
        assertThat(servedBy()).isEqualTo("b");
        LimitExceeded error = refused(chat());
        assertThat(error.limitId()).isEqualTo("provider requests minute");
        assertThat(error.retryAfter()).isEqualTo(Duration.ofMinutes(1));
        fixture.clock.advance(Duration.ofMinutes(1));
        assertThat(servedBy()).isEqualTo(next);
    }

    @Test
    void ofProvidersAndOthersThatRefuseTheLongestIsTold() {
        fixture.removeProvider("up");
        provider("a");
        provider("b");
        add(LimitScope.PROVIDER, null, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE);
        Limit hour = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 2, LimitPeriod.HOUR);
        assertThat(servedBy()).isEqualTo("a");
        assertThat(servedBy()).isEqualTo("b");
        LimitExceeded error = refused(chat());
        assertThat(error.limitId()).isEqualTo(hour.id());
        assertThat(error.retryAfter()).isEqualTo(Duration.ofHours(1));
    }
}

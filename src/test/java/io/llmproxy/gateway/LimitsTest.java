package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.SampleSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsTest {
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

    private void configure(Limit... limits) {
        fixture = new GatewayFixture(directory, s -> s, limits);
        fixture.up().answers(r -> Script.json(ANSWER));
    }

    private Limit add(LimitScope scope, @Nullable String subject, LimitMetric metric, long amount, LimitPeriod period) {
        return add(scope, subject, metric, amount, period, LimitMode.HARD);
    }

    private Limit add(
            LimitScope scope,
            @Nullable String subject,
            LimitMetric metric,
            long amount,
            LimitPeriod period,
            LimitMode mode) {
        Limit plain = limit(scope, metric, amount, period);
        Limit limit = new Limit(
                plain.id() + fixture.limits.size(),
                fixture.tenant.id(),
                scope,
                subject,
                metric,
                amount,
                period,
                plain.algorithm(),
                6,
                mode,
                LimitOrigin.ADMIN,
                plain.zone());
        fixture.limits.add(limit);
        fixture.publish();
        return limit;
    }

    private static Limit limit(LimitScope scope, LimitMetric metric, long amount, LimitPeriod period) {
        return Limit.of(
                scope.word() + "-" + metric.word(),
                scope,
                metric,
                amount,
                period,
                LimitAlgorithm.of(period),
                LimitOrigin.CONFIG);
    }

    private RecordingSink chat() {
        return fixture.send(fixture.chat(CHAT));
    }

    private LimitExceeded refused(RecordingSink sink) {
        assertThat(sink.error()).isInstanceOf(LimitExceeded.class);
        return (LimitExceeded) sink.error();
    }

    private long used(Limit limit) {
        return fixture.counters.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    private UsageRecord lastRecord() {
        return fixture.journal.records.getLast();
    }

    @ParameterizedTest
    @CsvSource({
        "TENANT,",
        "USER,",
        "KEY,",
        "KEY,dev",
        "PROVIDER,",
        "PROVIDER,up",
        "MODEL,",
        "MODEL,gpt-*",
        "ENDPOINT,",
        "ENDPOINT,/v1/chat/*",
        "IP,",
        "IP,10.0.0.0/8"
    })
    void everyScopeRefusesWhatIsTooMuch(LimitScope scope, @Nullable String subject) {
        Limit limit = add(scope, subject, LimitMetric.REQUESTS, 2, LimitPeriod.MINUTE);
        for (int i = 0; i < 2; i++) {
            assertThat(fixture.send(fixture.chat(CHAT).from(10, 1, 1, 1)).status())
                    .isEqualTo(200);
        }
        LimitExceeded error = refused(fixture.send(fixture.chat(CHAT).from(10, 1, 1, 1)));
        assertThat(error.status()).isEqualTo(429);
        assertThat(error.code()).isEqualTo("rate_limit_exceeded");
        assertThat(error.limitId()).isEqualTo(limit.id());
        assertThat(error.scope()).isEqualTo(scope.word());
        assertThat(fixture.up().asked()).hasSize(2);
        assertThat(lastRecord().errorCode()).isEqualTo(limit.id());
        assertThat(lastRecord().outcome()).isEqualTo(Outcome.REFUSED);
        fixture.clock.advance(Duration.ofSeconds(error.resetSeconds()));
        assertThat(chat().status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "USER,ann@example.com",
        "KEY,other",
        "PROVIDER,other",
        "MODEL,claude-*",
        "ENDPOINT,/v1/embeddings",
        "IP,10.2.0.0/16"
    })
    void aLimitOfAnotherSubjectIsNoneOfOurs(LimitScope scope, String subject) {
        add(scope, subject, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE);
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.send(fixture.chat(CHAT).from(10, 1, 1, 1)).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aUsersKeysShareTheUsersLimit() {
        fixture.user = GatewayFixture.user(fixture.tenant, true);
        fixture.key = GatewayFixture.ofUser(fixture.key, fixture.user);
        Limit limit = add(LimitScope.USER, "Ann@example.com", LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE);
        assertThat(chat().status()).isEqualTo(200);
        assertThat(refused(chat()).limitId()).isEqualTo(limit.id());
        assertThat(fixture.user.role()).isEqualTo(Role.USER);
    }

    @Test
    void tokensAreReservedAndSettled() {
        Limit day = add(LimitScope.TENANT, null, LimitMetric.TOKENS, 140, LimitPeriod.DAY);
        Limit input = add(LimitScope.TENANT, null, LimitMetric.INPUT_TOKENS, 1000, LimitPeriod.DAY);
        Limit output = add(LimitScope.TENANT, null, LimitMetric.OUTPUT_TOKENS, 1000, LimitPeriod.DAY);
        RecordingSink first = chat();
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.headers().first("x-ratelimit-limit-tokens")).contains("140");
        assertThat(used(day)).isEqualTo(30);
        assertThat(used(input)).isEqualTo(10);
        assertThat(used(output)).isEqualTo(20);
        assertThat(chat().status()).isEqualTo(200);
        LimitExceeded error = refused(chat());
        assertThat(error.status()).isEqualTo(402);
        assertThat(error.type()).isEqualTo("insufficient_quota");
        assertThat(error.code()).isEqualTo("budget_exceeded");
        assertThat(error.retryAfter()).isNull();
        assertThat(used(day)).isEqualTo(60);
    }

    /** What is used up for days is a matter of payment where it costs money; all else is one of pace. */
    @Test
    void tokensOfDaysAndLongerAreABudgetAndAllElseIsAPace() {
        for (LimitMetric metric : LimitMetric.values()) {
            for (LimitPeriod period : LimitPeriod.values()) {
                if (metric == LimitMetric.COST || metric == LimitMetric.CONCURRENCY || period == LimitPeriod.NONE) {
                    continue;
                }
                setUp();
                add(LimitScope.TENANT, null, metric, 1, period);
                RecordingSink sink = chat();
                LimitExceeded error = refused(sink.status() == 200 ? chat() : sink);
                boolean budget = metric != LimitMetric.REQUESTS
                        && Set.of(LimitPeriod.DAY, LimitPeriod.MONTH, LimitPeriod.TOTAL)
                                .contains(period);
                String which = metric + " per " + period;
                assertThat(error.status()).as(which).isEqualTo(budget ? 402 : 429);
                assertThat(error.type()).as(which).isEqualTo(budget ? "insufficient_quota" : "rate_limit_error");
                assertThat(error.retryAfter() != null)
                        .as(which + " with Retry-After")
                        .isEqualTo(!budget && period != LimitPeriod.TOTAL);
            }
        }
    }

    @Test
    void tokensPerMinuteAreAMatterOfPace() {
        add(LimitScope.TENANT, null, LimitMetric.TOKENS, 120, LimitPeriod.MINUTE);
        assertThat(chat().status()).isEqualTo(200);
        assertThat(refused(chat()).status()).isEqualTo(429);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"many\"", "-5", "null", "true"})
    void whatIsNoBoundCountsAsNone(String bound) {
        fixture.settings(SampleSettings.limits(new UsageLimits(null, null, null, 50, null)));
        add(LimitScope.TENANT, null, LimitMetric.OUTPUT_TOKENS, 60, LimitPeriod.DAY);
        assertThat(fixture.send(fixture.chat(CHAT.replace("100", bound))).status())
                .isEqualTo(200);
        assertThat(refused(fixture.send(fixture.chat(CHAT.replace("100", bound))))
                        .asked())
                .isEqualTo(50);
    }

    @ParameterizedTest
    @ValueSource(strings = {"999999999999999999999999", "9223372036854775807", "1e300"})
    void absurdBoundsDoNotOverflow(String bound) {
        add(LimitScope.TENANT, null, LimitMetric.TOKENS, 400_000, LimitPeriod.DAY);
        String body = CHAT.replace("100", bound + ",\"n\":100");
        assertThat(refused(fixture.send(fixture.chat(body))).asked()).isGreaterThan(400_000);
    }

    @Test
    void manyChoicesAreManyOutputs() {
        add(LimitScope.TENANT, null, LimitMetric.OUTPUT_TOKENS, 9_999, LimitPeriod.DAY);
        assertThat(refused(fixture.send(fixture.chat(CHAT.replace("100", "100,\"n\":100"))))
                        .asked())
                .isEqualTo(10_000);
    }

    @Test
    void failuresGiveTheTokensBack() {
        Limit day = add(LimitScope.TENANT, null, LimitMetric.TOKENS, 150, LimitPeriod.DAY);
        Limit requests = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
        Limit running = add(LimitScope.TENANT, null, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        fixture.up().answers(r -> new Script().failsBeforeHead(Kind.CONNECT));
        for (int i = 0; i < 3; i++) {
            assertThat(chat().error().status()).isEqualTo(502);
        }
        assertThat(used(day)).isZero();
        assertThat(used(running)).isZero();
        assertThat(used(requests)).isEqualTo(3);
    }

    @Test
    void aStreamThatPassesItsReservationIsCountedTruly() {
        Limit day = add(LimitScope.TENANT, null, LimitMetric.TOKENS, 150, LimitPeriod.DAY);
        fixture.up().answers(r -> Script.json(ANSWER.replace("20", "2000")));
        assertThat(chat().status()).isEqualTo(200);
        assertThat(used(day)).isEqualTo(2010);
        assertThat(fixture.counts.overrun.get()).isPositive();
        assertThat(refused(chat()).status()).isEqualTo(402);
    }

    @Test
    void aRefusalTakesNothingOfOtherLimits() {
        configure(limit(LimitScope.GLOBAL, LimitMetric.REQUESTS, 3, LimitPeriod.HOUR));
        add(LimitScope.KEY, null, LimitMetric.REQUESTS, 1, LimitPeriod.HOUR);
        assertThat(chat().status()).isEqualTo(200);
        for (int i = 0; i < 10; i++) {
            assertThat(refused(chat()).scope()).isEqualTo("key");
        }
        fixture.addTenant("other", "llmp_" + "o".repeat(43));
        FakeRequest other = FakeRequest.post("/v1/chat/completions", CHAT).key("llmp_" + "o".repeat(43));
        assertThat(fixture.send(other).refusal()).doesNotContain("rate_limit");
    }

    @Test
    void globalAndAddressLimitsRefuseBeforeTheBodyIsRead() {
        configure(
                limit(LimitScope.GLOBAL, LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE),
                limit(LimitScope.IP, LimitMetric.REQUESTS, 2, LimitPeriod.MINUTE));
        for (int i = 0; i < 2; i++) {
            fixture.send(fixture.chat(CHAT).from(10, 0, 0, 1));
        }
        FakeRequest third = fixture.chat(CHAT).from(10, 0, 0, 1);
        assertThat(refused(fixture.send(third)).scope()).isEqualTo("ip");
        assertThat(third.bodyTouched()).isFalse();
        assertThat(lastRecord().outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(lastRecord().errorCode()).isEqualTo("ip-requests");
        assertThat(fixture.send(fixture.chat(CHAT).from(10, 0, 0, 2)).status()).isEqualTo(200);
        FakeRequest last = fixture.chat(CHAT).from(10, 0, 0, 3);
        assertThat(refused(fixture.send(last)).scope()).isEqualTo("global");
        assertThat(last.bodyTouched()).isFalse();
    }

    /** How a request is refused while another one runs; its body has not been read. */
    private LimitExceeded secondAtOneTime() throws InterruptedException {
        WaitingRequest first = WaitingRequest.begin(fixture, fixture.chat(CHAT));
        FakeRequest second = fixture.chat(CHAT);
        LimitExceeded refusal = refused(fixture.send(second));
        assertThat(second.bodyTouched()).isFalse();
        first.leave();
        return refusal;
    }

    @Test
    void whatRunsAtOneTimeRefusesBeforeTheBodyIsRead() throws InterruptedException {
        configure(limit(LimitScope.GLOBAL, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE));
        assertThat(secondAtOneTime().metric()).isEqualTo("concurrency");
    }

    @Test
    void aTenantsOwnAddressLimitRefusesBeforeTheBodyIsRead() {
        add(LimitScope.IP, null, LimitMetric.REQUESTS, 2, LimitPeriod.MINUTE);
        for (int i = 0; i < 2; i++) {
            assertThat(fixture.send(fixture.chat(CHAT).from(10, 0, 0, 1)).status())
                    .isEqualTo(200);
        }
        FakeRequest third = fixture.chat(CHAT).from(10, 0, 0, 1);
        assertThat(refused(fixture.send(third)).scope()).isEqualTo("ip");
        assertThat(third.bodyTouched()).isFalse();
        FakeRequest other = fixture.chat(CHAT).from(10, 0, 0, 2);
        assertThat(fixture.send(other).status()).isEqualTo(200);
        assertThat(other.bodyTouched()).isTrue();
    }

    @Test
    void whatOneKeyRunsAtOneTimeRefusesBeforeTheBodyIsRead() throws InterruptedException {
        add(LimitScope.KEY, null, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        assertThat(secondAtOneTime().scope()).isEqualTo("key");
    }

    @Test
    void strangersAreLimitedByAddress() {
        configure(limit(LimitScope.IP, LimitMetric.REQUESTS, 2, LimitPeriod.MINUTE));
        for (int i = 0; i < 2; i++) {
            assertThat(fixture.send(FakeRequest.post("/v1/chat/completions", CHAT)
                                    .key("llmp_guess" + i)
                                    .from(10, 0, 0, 1))
                            .refusal())
                    .startsWith("401");
        }
        assertThat(fixture.send(FakeRequest.post("/v1/chat/completions", CHAT)
                                .key("llmp_guess")
                                .from(10, 0, 0, 1))
                        .refusal())
                .startsWith("429");
    }

    @Test
    void thisMachineIsExemptButNotWhatItForwards() {
        configure(limit(LimitScope.IP, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE));
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.send(fixture.chat(CHAT).from(127, 0, 0, 1)).status())
                    .isEqualTo(200);
        }
        assertThat(forwarded().status()).isEqualTo(200);
        assertThat(forwarded().refusal()).startsWith("429");
    }

    private RecordingSink forwarded() {
        return fixture.send(fixture.chat(CHAT).from(127, 0, 0, 1).header("X-Forwarded-For", "127.0.0.1"));
    }

    @Test
    void settingsOfTenantsAndKeysAreLimits() {
        fixture.settings(SampleSettings.limits(new UsageLimits(2L, null, null, null, null)));
        chat();
        chat();
        assertThat(refused(chat()).limitId()).isEqualTo("setting:acme:max-requests-per-minute");
        fixture.settings(SampleSettings.limits(new UsageLimits(null, 1L, null, null, null)));
        chat();
        LimitExceeded daily = refused(chat());
        assertThat(daily.limitId()).isEqualTo("setting:acme:max-requests-per-day");
        assertThat(daily.status()).isEqualTo(429);
        assertThat(daily.retryAfter()).isNotNull();
        fixture.settings(SampleSettings.limits(new UsageLimits(null, null, 130L, null, null)));
        chat();
        LimitExceeded tokens = refused(chat());
        assertThat(tokens.limitId()).isEqualTo("setting:acme:max-tokens-per-day");
        assertThat(tokens.status()).isEqualTo(402);
        fixture.settings(TenantSettings.DEFAULT);
        fixture.scope(new KeyScope(List.of(), Set.of(), List.of(), false, Map.of(), 1L));
        assertThat(chat().status()).isEqualTo(200);
        LimitExceeded error = refused(chat());
        assertThat(error.status()).isEqualTo(429);
        assertThat(error.period()).isEqualTo("total");
        assertThat(error.retryAfter()).isNull();
    }

    @Test
    void answersTellTheTightestLimit() {
        add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 100, LimitPeriod.HOUR);
        add(LimitScope.KEY, null, LimitMetric.REQUESTS, 10, LimitPeriod.MINUTE);
        RecordingSink sink = chat();
        assertThat(sink.headers().first("x-ratelimit-limit-requests")).contains("10");
        assertThat(sink.headers().first("x-ratelimit-remaining-requests")).contains("9");
        assertThat(sink.headers().first("x-ratelimit-reset-requests").orElseThrow())
                .matches("(\\d+m)?\\d+s");
        assertThat(sink.headers().first("X-RateLimit-Policy")).contains("per-key,per-tenant");
        for (int i = 0; i < 9; i++) {
            chat();
        }
        sink = chat();
        assertThat(sink.headers().first("x-ratelimit-remaining-requests")).contains("0");
        assertThat(sink.headers().first("x-ratelimit-limit-requests")).contains("10");
    }

    @Test
    void softLimitsWarnAndShadowLimitsSayNothing() {
        Limit soft = add(LimitScope.KEY, null, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE, LimitMode.SOFT);
        add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE, LimitMode.SHADOW);
        assertThat(chat().headers().first("x-llmproxy-limit-warning")).isEmpty();
        RecordingSink sink = chat();
        assertThat(sink.status()).isEqualTo(200);
        assertThat(sink.headers().first("x-llmproxy-limit-warning")).contains(soft.id());
        assertThat(sink.headers().first("X-RateLimit-Policy")).contains("per-key");
        assertThat(fixture.counts.passed).containsExactlyInAnyOrder("soft", "shadow");
    }

    @Test
    void changesHoldForTheNextRequest() {
        Limit limit = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 3, LimitPeriod.HOUR);
        chat();
        chat();
        fixture.limits.clear();
        fixture.limits.add(changed(limit, 1));
        fixture.publish();
        assertThat(refused(chat()).amount()).isEqualTo(1);
        fixture.limits.clear();
        fixture.limits.add(changed(limit, 3));
        fixture.publish();
        assertThat(chat().status()).isEqualTo(200);
        assertThat(chat().error()).isNotNull();
        fixture.limits.clear();
        fixture.publish();
        assertThat(chat().status()).isEqualTo(200);
    }

    private static Limit changed(Limit l, long amount) {
        return new Limit(
                l.id(),
                l.tenantId(),
                l.scope(),
                l.subject(),
                l.metric(),
                amount,
                l.period(),
                l.algorithm(),
                l.segments(),
                l.mode(),
                l.origin(),
                l.zone());
    }

    @Test
    void aLimitDeletedWhileARequestRunsIsNoTrouble() throws InterruptedException {
        Limit running = add(LimitScope.TENANT, null, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        WaitingRequest first = WaitingRequest.begin(fixture, fixture.chat(CHAT));
        assertThat(refused(chat()).metric()).isEqualTo("concurrency");
        fixture.limits.clear();
        fixture.publish();
        first.leave();
        assertThat(used(running)).isZero();
        fixture.up().answers(r -> Script.json(ANSWER));
        assertThat(chat().status()).isEqualTo(200);
    }

    @Test
    void listingModelsCountsAsARequest() {
        add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 1, LimitPeriod.HOUR);
        fixture.up().answers(r -> Script.json("{\"data\":[]}"));
        assertThat(fixture.send(FakeRequest.get("/v1/models").key(fixture.secret))
                        .status())
                .isEqualTo(200);
        assertThat(refused(fixture.send(FakeRequest.get("/v1/models").key(fixture.secret)))
                        .scope())
                .isEqualTo("tenant");
    }

    @Test
    void whatIsRefusedForAnotherReasonIsNotCounted() {
        fixture.addProvider("only", "other-model");
        Limit limit = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 10, LimitPeriod.HOUR);
        fixture.settings(SampleSettings.allowedModels("gpt-4o"));
        assertThat(fixture.send(fixture.chat(CHAT.replace("gpt-4o", "gpt-9"))).refusal())
                .startsWith("403");
        assertThat(used(limit)).isZero();
        assertThat(UUID.fromString(lastRecord().requestId().toString())).isNotNull();
    }
}

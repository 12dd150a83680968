package io.llmproxy.gateway.proof;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.Abilities;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.port.StateSource;
import io.llmproxy.runtime.KeySecrets;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tenant that nobody else knows, with a key, simulated providers with prices, and a limit of every metric, all of which hold for
 * each request. One of them is so small that the load uses it up, the others are so wide that it never does.
 */
final class Sandbox implements StateSource {
    static final String MODEL = "simulated-small";
    static final String FAILING = "failing/simulated-small";

    /** What can be used up by each algorithm, in this order. */
    static final List<Driven> PARTS = List.of(
            new Driven(LimitMetric.REQUESTS, LimitAlgorithm.FIXED_WINDOW),
            new Driven(LimitMetric.TOKENS, LimitAlgorithm.FIXED_WINDOW),
            new Driven(LimitMetric.OUTPUT_TOKENS, LimitAlgorithm.FIXED_WINDOW),
            new Driven(LimitMetric.COST, LimitAlgorithm.FIXED_WINDOW),
            new Driven(LimitMetric.CONCURRENCY, LimitAlgorithm.FIXED_WINDOW),
            new Driven(LimitMetric.REQUESTS, LimitAlgorithm.SLIDING_WINDOW),
            new Driven(LimitMetric.TOKENS, LimitAlgorithm.SLIDING_WINDOW),
            new Driven(LimitMetric.REQUESTS, LimitAlgorithm.TOKEN_BUCKET),
            new Driven(LimitMetric.TOKENS, LimitAlgorithm.TOKEN_BUCKET));

    private static final List<LimitMetric> METRICS = List.of(
            LimitMetric.REQUESTS,
            LimitMetric.TOKENS,
            LimitMetric.OUTPUT_TOKENS,
            LimitMetric.COST,
            LimitMetric.CONCURRENCY);

    /** What is used up at one time; all other limits are windows. */
    record Driven(LimitMetric metric, LimitAlgorithm algorithm) {}

    /** Of the requests that are sent, the share that a limit is to let through; the others meet it used up. */
    private static final int SHARE = 4;

    /** In picos of a US dollar for a token. */
    private static final long INPUT_RATE = 2_000_000;

    private static final long OUTPUT_RATE = 8_000_000;

    /** Longer than a proof takes: no period is to end beneath it. */
    private static final Duration PERIOD_LEFT = Duration.ofMinutes(10);

    private final String secret = KeySecrets.generate();
    private final Instant now;
    private final Tenant tenant;
    private final Driven driven;
    private final List<Limit> limits;
    private volatile boolean empty;

    /**
     * @param driven what is to be used up
     * @param requests how many will be sent, at least
     */
    Sandbox(Instant now, Driven driven, int requests, int parallel) {
        this.now = now;
        this.driven = driven;
        this.tenant = new Tenant(
                Ids.next(now), "proof", "Proof of limits", Tenant.Status.ACTIVE, TenantSettings.DEFAULT, now, now);
        this.limits = METRICS.stream()
                .map(metric -> limit(
                        metric,
                        metric == driven.metric
                                ? usedUp(metric, Math.max(1, requests / SHARE), parallel)
                                : metric == LimitMetric.CONCURRENCY ? 2L * parallel : Limit.MAX_AMOUNT))
                .toList();
    }

    /** What about so many answered requests use; never less than a few may reserve. */
    private static long usedUp(LimitMetric metric, long answered, int parallel) {
        return switch (metric) {
            case REQUESTS -> answered;
            case TOKENS -> Math.max(250, answered * 25);
            case INPUT_TOKENS -> Math.max(250, answered * 15);
            case OUTPUT_TOKENS -> Math.max(100, answered * 9);
            case COST -> Math.max(1000, answered * 100);
            case CONCURRENCY -> Math.max(1, parallel / 2);
        };
    }

    private Limit limit(LimitMetric metric, long amount) {
        LimitAlgorithm algorithm = metric == driven.metric ? driven.algorithm : LimitAlgorithm.FIXED_WINDOW;
        LimitPeriod period = algorithm == LimitAlgorithm.FIXED_WINDOW ? period(metric) : rolling(metric);
        return Limit.of(Ids.next(now).toString(), scope(metric), metric, amount, period, algorithm, LimitOrigin.ADMIN)
                .of(tenant.id());
    }

    private static LimitScope scope(LimitMetric metric) {
        return switch (metric) {
            case REQUESTS -> LimitScope.KEY;
            case OUTPUT_TOKENS -> LimitScope.USER;
            case TOKENS, INPUT_TOKENS, COST, CONCURRENCY -> LimitScope.TENANT;
        };
    }

    /** So long that little flows off while a proof runs, and nothing leaves: what flows off is known. */
    private static LimitPeriod rolling(LimitMetric metric) {
        return metric == LimitMetric.REQUESTS ? LimitPeriod.HOUR : LimitPeriod.DAY;
    }

    private LimitPeriod period(LimitMetric metric) {
        if (metric == LimitMetric.CONCURRENCY) {
            return LimitPeriod.NONE;
        }
        boolean newDay =
                !now.truncatedTo(ChronoUnit.DAYS).equals(now.plus(PERIOD_LEFT).truncatedTo(ChronoUnit.DAYS));
        return switch (metric) {
            case TOKENS -> newDay ? LimitPeriod.TOTAL : LimitPeriod.DAY;
            case OUTPUT_TOKENS -> newDay ? LimitPeriod.TOTAL : LimitPeriod.MONTH;
            default -> LimitPeriod.TOTAL;
        };
    }

    /** The one that is to be used up. */
    Limit driven() {
        return limits.get(METRICS.indexOf(driven.metric));
    }

    String secret() {
        return secret;
    }

    List<Limit> limits() {
        return limits;
    }

    /** It is over: nobody and nothing is in it any more. */
    void empty() {
        empty = true;
    }

    @Override
    public long revision() {
        return empty ? 2 : 1;
    }

    @Override
    public void changed() {}

    @Override
    public ManagedState load(@Nullable String tenantSlug) {
        if (empty) {
            return new ManagedState(2, List.of(), List.of(), List.of(), List.of());
        }
        ApiKey key = new ApiKey(
                Ids.next(now),
                tenant.id(),
                null,
                "proof",
                KeySecrets.hash(secret),
                KeySecrets.displayed(secret),
                null,
                null,
                KeyScope.ANY,
                null,
                null,
                false,
                null,
                now,
                now);
        return new ManagedState(
                1,
                List.of(tenant),
                List.of(),
                List.of(key),
                List.of(provider("simulated", 0), provider("failing", 0.5)),
                List.of(price()),
                limits);
    }

    private PriceOverlay price() {
        long untold = Usd.UNKNOWN;
        Rates rates = new Rates(INPUT_RATE, OUTPUT_RATE, untold, untold, untold, untold, untold, untold);
        PriceScope all = new PriceScope(null, null, new Glob("*"));
        PriceRow row = new PriceRow(all, Instant.EPOCH, rates, 0, 0);
        return new PriceOverlay(Ids.next(now), tenant.id(), true, row, now);
    }

    private ProviderAccount provider(String name, double fail) {
        return new ProviderAccount(
                Ids.next(now),
                tenant.id(),
                name,
                ProviderKind.SIMULATED,
                URI.create("simulated:?first-byte=2ms&tokens-per-second=20000&tokens=12&fail=" + fail),
                new Credential.None(),
                List.of(),
                0,
                1,
                Map.of(),
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                Abilities.NONE,
                true,
                true,
                now,
                now);
    }
}

package io.llmproxy.domain.limit;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Cidr;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How much of a metric a subject may use in a period: what others call rate limit, quota or budget.
 *
 * @param id a UUID, or {@code config:NAME} or {@code setting:NAME} where it was not set as a limit
 * @param tenantId whose requests it counts; null: those of all tenants
 * @param subject the one user, key, provider, model (a pattern), endpoint (a pattern) or address range that it is about; null:
 *     each one separately
 * @param amount of the metric; money in millionths of a US dollar
 * @param segments of a sliding window; of no meaning to others
 * @param zone of calendar periods
 */
public record Limit(
        String id,
        @Nullable UUID tenantId,
        LimitScope scope,
        @Nullable String subject,
        LimitMetric metric,
        long amount,
        LimitPeriod period,
        LimitAlgorithm algorithm,
        int segments,
        LimitMode mode,
        LimitOrigin origin,
        ZoneId zone) {

    public static final long MAX_AMOUNT = Checks.MAX_AMOUNT;

    public static final int DEFAULT_SEGMENTS = 6;
    public static final int MAX_SEGMENTS = 60;

    public Limit {
        Checks.text("id", id, 100);
        checkAmount(metric, amount);
        if (segments < 1 || segments > MAX_SEGMENTS) {
            throw new InvalidValueException("segments", "must be from 1 to " + MAX_SEGMENTS + "; got " + segments);
        }
        checkScope(tenantId, scope, subject);
        checkPeriod(metric, period, algorithm);
    }

    /** A limit for each one of its scope, in force at once, in UTC. */
    public static Limit of(
            String id,
            LimitScope scope,
            LimitMetric metric,
            long amount,
            LimitPeriod period,
            LimitAlgorithm algorithm,
            LimitOrigin origin) {
        return new Limit(
                id,
                null,
                scope,
                null,
                metric,
                amount,
                period,
                algorithm,
                DEFAULT_SEGMENTS,
                LimitMode.HARD,
                origin,
                ZoneOffset.UTC);
    }

    private static void checkAmount(LimitMetric metric, long amount) {
        if (metric == LimitMetric.COST && (amount < 1 || amount > MAX_AMOUNT)) {
            throw new InvalidValueException(
                    "amount",
                    "must be from " + metric.text(1) + " to " + metric.text(MAX_AMOUNT) + " US dollars; got "
                            + metric.text(amount) + (amount == 0 ? "; to turn a limit off, delete it" : ""));
        }
        Checks.amount("amount", amount, "to turn a limit off, delete it");
    }

    private static void checkScope(@Nullable UUID tenantId, LimitScope scope, @Nullable String subject) {
        if (scope == LimitScope.GLOBAL && tenantId != null) {
            throw new InvalidValueException("scope", "global limits are of the installation, not of a tenant");
        }
        if (subject == null) {
            return;
        }
        if (!scope.takesSubject()) {
            throw new InvalidValueException("scope", "`" + scope.word() + "` takes no `=` and subject");
        }
        Checks.text("scope", subject, 256);
        if (scope == LimitScope.IP) {
            Cidr.parse("scope", subject);
        }
    }

    private static void checkPeriod(LimitMetric metric, LimitPeriod period, LimitAlgorithm algorithm) {
        if (metric == LimitMetric.CONCURRENCY != (period == LimitPeriod.NONE)) {
            throw new InvalidValueException(
                    "per",
                    metric == LimitMetric.CONCURRENCY
                            ? "a limit of concurrency has no period"
                            : "a limit of " + metric.word() + " needs a period");
        }
        if (!period.ends() && algorithm != LimitAlgorithm.FIXED_WINDOW) {
            throw new InvalidValueException(
                    "algorithm",
                    "what never begins anew is counted by `fixed-window`, not by `" + algorithm.word() + "`");
        }
    }

    /** The same limit with its days and months in another zone. */
    public Limit in(ZoneId other) {
        return new Limit(
                id, tenantId, scope, subject, metric, amount, period, algorithm, segments, mode, origin, other);
    }

    /** The same limit, refusing nobody. */
    public Limit soft() {
        return new Limit(
                id,
                tenantId,
                scope,
                subject,
                metric,
                amount,
                period,
                algorithm,
                segments,
                LimitMode.SOFT,
                origin,
                zone);
    }

    /** The same limit of one tenant. */
    public Limit of(UUID tenant) {
        return new Limit(id, tenant, scope, subject, metric, amount, period, algorithm, segments, mode, origin, zone);
    }

    /** The same in the place of one that is there, under another spelling of its subject. */
    public Limit as(String otherId, @Nullable String otherSubject) {
        return new Limit(
                otherId,
                tenantId,
                scope,
                otherSubject,
                metric,
                amount,
                period,
                algorithm,
                segments,
                mode,
                origin,
                zone);
    }

    /** Whether nothing but the subject tells them apart: owner, origin, scope, metric and period. */
    public boolean besides(Limit other) {
        return scope == other.scope
                && metric == other.metric
                && period == other.period
                && origin == other.origin
                && Objects.equals(tenantId, other.tenantId);
    }

    /** The same limit of another amount. */
    public Limit amount(long other) {
        return new Limit(id, tenantId, scope, subject, metric, other, period, algorithm, segments, mode, origin, zone);
    }

    /** Whether it is measured by the machine's steady counter, which nobody sets, and not by the wall clock's calendar. */
    public boolean steady() {
        boolean calendar = period == LimitPeriod.HOUR || period == LimitPeriod.DAY || period == LimitPeriod.MONTH;
        return algorithm != LimitAlgorithm.FIXED_WINDOW || !calendar;
    }

    /** Whether it is the installation's, but counted for each tenant by itself, with that one's days and months. */
    public boolean zoned() {
        return tenantId == null
                && switch (scope) {
                    case KEY, USER, TENANT -> true;
                    case IP, MODEL, ENDPOINT, PROVIDER, GLOBAL -> false;
                };
    }

    /** Whether it counts by days or months, which begin when they do where its tenant is. */
    public boolean byDays() {
        return algorithm == LimitAlgorithm.FIXED_WINDOW && (period == LimitPeriod.DAY || period == LimitPeriod.MONTH);
    }

    /** A tenth of its amount, rounded up. */
    public long tenth() {
        return (amount + 9) / 10;
    }

    public boolean hard() {
        return mode == LimitMode.HARD;
    }

    /** Whether a refusal is one of payment (402), which waiting does not soon heal. */
    public boolean budget() {
        return metric.budget() && period.durable() && period != LimitPeriod.HOUR;
    }

    /** Whether it can be judged before a key is looked at and a body is read. */
    public boolean early() {
        boolean plain = metric == LimitMetric.REQUESTS || metric == LimitMetric.CONCURRENCY;
        return plain && tenantId == null && (scope == LimitScope.GLOBAL || scope == LimitScope.IP);
    }

    /**
     * Whether it can be judged when the key is known and no body is read: limits of addresses, of all requests, and of what runs at one
     * time. Models, and providers by them, are named in bodies; so is what may cost nothing, and goes on when money is used up.
     */
    public boolean foreseen() {
        if (!hard() || metric == LimitMetric.COST) {
            return false;
        }
        return switch (scope) {
            case IP, GLOBAL -> true;
            case KEY, USER, ENDPOINT, TENANT -> metric == LimitMetric.CONCURRENCY;
            case MODEL, PROVIDER -> false;
        };
    }

    /** The pattern of its subject: {@code *} where it has none. */
    public Glob pattern() {
        return new Glob(subject == null ? "*" : subject);
    }

    /** What makes two settings one limit. */
    public String identity() {
        return String.join("|", String.valueOf(tenantId), origin.word(), scopeText(), metric.word(), period.word());
    }

    /** The scope as users write it. */
    public String scopeText() {
        return subject == null ? scope.word() : scope.word() + "=" + subject;
    }
}

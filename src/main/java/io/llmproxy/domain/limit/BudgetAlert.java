package io.llmproxy.domain.limit;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A budget is used up to a threshold; told once of each period.
 *
 * @param tenant its slug; null where the limit counts several tenants together
 * @param subject whose use it is, as an operator knows it; null where the limit has one counter and no subject
 * @param amount of the limit at that moment, in its metric; money in micro-USD
 * @param periodStart of the period; null where it never begins anew
 * @param used as the ledger has it, in the metric
 * @param threshold percent of the amount
 * @param refused whether requests are refused for want of what is left, though it is not all used
 * @param at when that was found
 */
public record BudgetAlert(
        UUID id,
        @Nullable String tenant,
        String limitId,
        LimitScope scope,
        @Nullable String subject,
        LimitMetric metric,
        LimitPeriod period,
        LimitMode mode,
        long amount,
        @Nullable Instant periodStart,
        long used,
        int threshold,
        boolean refused,
        Instant at) {

    /** As an operator reads it, without the final stop. */
    public String text() {
        String whose = subject == null ? scope.word() : scope.word() + "=" + subject;
        String per = period.ends() ? " per " + period.word() : " in all";
        return threshold + " % of a budget reached: " + metric.withUnit(used) + " of " + metric.withUnit(amount) + per
                + ", " + whose + (tenant == null ? "" : ", tenant " + tenant) + " (limit " + limitId + ")"
                + (refused ? "; requests are refused, since they may take more than is left" : "");
    }
}

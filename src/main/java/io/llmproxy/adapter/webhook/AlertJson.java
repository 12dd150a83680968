package io.llmproxy.adapter.webhook;

import io.llmproxy.domain.limit.BudgetAlert;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The body of a call, as docs/limits.md tells receivers.
 *
 * @param id the same whenever the alert is sent again
 * @param type {@code budget}
 * @param amount and {@code used} in the limit's metric, US dollars for {@code cost}
 * @param periodStart null where the limit never begins anew
 * @param refused whether requests are refused for want of what is left, though it is not all used
 */
record AlertJson(
        String id,
        String type,
        Instant at,
        @Nullable String tenant,
        String limit,
        String scope,
        @Nullable String subject,
        String metric,
        String per,
        String mode,
        String amount,
        String used,
        int threshold,
        boolean refused,
        @Nullable Instant periodStart,
        String text) {

    static AlertJson of(BudgetAlert a) {
        return new AlertJson(
                a.id().toString(),
                "budget",
                a.at(),
                a.tenant(),
                a.limitId(),
                a.scope().word(),
                a.subject(),
                a.metric().word(),
                a.period().word(),
                a.mode().word(),
                a.metric().text(a.amount()),
                a.metric().text(a.used()),
                a.threshold(),
                a.refused(),
                a.periodStart(),
                a.text());
    }
}

package io.llmproxy.gateway.live;

import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import org.jspecify.annotations.Nullable;

/** What some requests came to. One thread at a time. */
final class LiveSum {
    private long requests;
    private long errors;
    private long inputTokens;
    private long outputTokens;
    private long costNanos;
    private final Times durations = new Times();
    private final Times firstBytes = new Times();

    /** @param record null: a stranger's, who was refused */
    void add(int status, long durationMicros, @Nullable UsageRecord record) {
        requests++;
        boolean failed = record != null && (record.outcome() == Outcome.CUT || record.outcome() == Outcome.FAILED);
        errors += status >= 400 || failed ? 1 : 0;
        durations.add(durationMicros);
        if (record != null) {
            inputTokens += record.tokens().input();
            outputTokens += record.tokens().output();
            costNanos += record.cost().nanos();
            if (record.firstByteMicros() >= 0) {
                firstBytes.add(record.firstByteMicros());
            }
        }
    }

    void add(LiveSum other) {
        requests += other.requests;
        errors += other.errors;
        inputTokens += other.inputTokens;
        outputTokens += other.outputTokens;
        costNanos += other.costNanos;
        durations.add(other.durations);
        firstBytes.add(other.firstBytes);
    }

    LiveFigures figures() {
        return new LiveFigures(
                requests,
                errors,
                inputTokens,
                outputTokens,
                costNanos,
                durations.quantile(0.5),
                durations.quantile(0.99),
                firstBytes.quantile(0.5),
                firstBytes.quantile(0.99));
    }
}

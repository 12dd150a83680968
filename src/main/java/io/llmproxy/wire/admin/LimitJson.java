package io.llmproxy.wire.admin;

import org.jspecify.annotations.Nullable;

/**
 * A limit. {@code origin} is {@code config}, {@code setting}, {@code admin} or {@code tenant-admin}; those of the first two are
 * changed where they come from.
 *
 * @param tenant null: of the installation
 * @param subject null: each one of the scope separately
 * @param amount a whole number in decimal digits; for the metric {@code cost} US dollars
 * @param per null for the metric {@code concurrency}
 */
public record LimitJson(
        String id,
        @Nullable String tenant,
        String scope,
        @Nullable String subject,
        String metric,
        String amount,
        @Nullable String per,
        @Nullable String algorithm,
        @Nullable Integer segments,
        String mode,
        String origin) {

    /** Body of {@code POST …/limits}. {@code scope} may carry its subject, as {@code user=ann@acme.example}. */
    public record Set(
            String scope,
            String metric,
            String amount,
            @Nullable String per,
            @Nullable String algorithm,
            @Nullable Integer segments,
            @Nullable String mode) {}

    /**
     * What was used of a limit.
     *
     * @param subject whose use it is; null where all have one counter, or none has used any
     * @param subjectName the same as people know it, where {@code subject} is the id of a user: the address
     * @param remaining 0 where the limit is passed
     * @param passed requests that a soft or shadow limit let pass since the start, and a hard one would have refused
     */
    public record Usage(
            String id,
            String scope,
            @Nullable String subject,
            @Nullable String subjectName,
            String metric,
            @Nullable String per,
            String amount,
            String used,
            String remaining,
            long passed) {}
}

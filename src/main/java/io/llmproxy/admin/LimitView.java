package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.limit.Limit;
import org.jspecify.annotations.Nullable;

/**
 * @param owner null: the installation
 * @param subject whose limit it is, for people; null: everybody's
 */
public record LimitView(
        Limit limit, @Nullable Tenant owner, @Nullable String subject) {
    /** With the subject that was written into it. */
    public LimitView(Limit limit, @Nullable Tenant owner) {
        this(limit, owner, limit.subject());
    }

    /**
     * What was used of a limit by one subject.
     *
     * @param subject null where the limit has one counter
     * @param name of the subject, for people; null where it has none but {@code subject}
     * @param passed requests that were served although they passed it, since the start; 0 where the limit is hard
     */
    public record Usage(
            LimitView view,
            @Nullable String subject,
            @Nullable String name,
            long used,
            long passed) {}
}

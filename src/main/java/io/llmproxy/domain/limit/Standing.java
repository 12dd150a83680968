package io.llmproxy.domain.limit;

import org.jspecify.annotations.Nullable;

/**
 * How the limits of a request stood when it was let in: what is told of them in headers, gathered while all of it is at hand. Not
 * thread-safe.
 */
public final class Standing {
    private @Nullable Grant requests;
    private @Nullable Grant tokens;
    private long requestsLeft;
    private long tokensLeft;
    private @Nullable String passed;
    private int scopes;

    /** Takes one more limit into account; shadow limits are nobody's business. */
    public void add(Grant grant) {
        Limit limit = grant.limit();
        if (limit.mode() == LimitMode.SHADOW) {
            return;
        }
        scopes |= limit.scope().bit();
        if (grant.passed()) {
            passed = limit.id();
        }
        if (limit.metric() == LimitMetric.REQUESTS) {
            requests(grant);
        } else if (limit.metric().tokens()) {
            tokens(grant);
        }
    }

    /** Takes limits into account of which none was passed, beside {@link #requests(Grant)} and {@link #tokens(Grant)} of theirs. */
    public void scopes(int bits) {
        scopes |= bits;
    }

    /** A limit of requests, which counts where it is the tightest. */
    public void requests(Grant grant) {
        long left = grant.remaining();
        if (requests == null || left < requestsLeft) {
            requests = grant;
            requestsLeft = left;
        }
    }

    /** A limit of tokens, which counts where it is the tightest. */
    public void tokens(Grant grant) {
        long left = grant.remaining();
        if (tokens == null || left < tokensLeft) {
            tokens = grant;
            tokensLeft = left;
        }
    }

    /** The tightest limit of requests; null: there is none. */
    public @Nullable Grant requests() {
        return requests;
    }

    /** The tightest limit of tokens; null: there is none. */
    public @Nullable Grant tokens() {
        return tokens;
    }

    /** A soft limit that was passed, by its id; null: none was. */
    public @Nullable String passed() {
        return passed;
    }

    /** The scopes of the limits, by {@link LimitScope#bit}. */
    public int scopes() {
        return scopes;
    }
}

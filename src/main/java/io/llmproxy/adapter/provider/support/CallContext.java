package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one call's connection needs to know of it: whose it is, how long it may take, whether it was cancelled.
 *
 * @param tenant whose request it is; null: the installation's own
 */
record CallContext(
        String provider,
        @Nullable UUID tenant,
        ProviderTimeouts timeouts,
        Deadline deadline,
        Cancellation cancellation) {
    static CallContext start(String provider, @Nullable UUID tenant, ProviderTimeouts timeouts) {
        return new CallContext(provider, tenant, timeouts, Deadline.in(timeouts.total()), new Cancellation());
    }

    boolean cancelled() {
        return cancellation.cancelled();
    }

    UpstreamException failure(Kind kind, String what, @Nullable Throwable cause) {
        return new UpstreamException(kind, "provider `" + provider + "` " + what, cause);
    }

    UpstreamException cancelledFailure(@Nullable Throwable cause) {
        return new UpstreamException(Kind.CANCELLED, "the call to provider `" + provider + "` was cancelled", cause);
    }

    UpstreamException totalTimeout(@Nullable Throwable cause) {
        String limit = Durations.format(Objects.requireNonNull(timeouts.total()));
        return failure(Kind.TOTAL_TIMEOUT, "did not finish its answer within the " + limit + " a call may take", cause);
    }

    /** @throws UpstreamException where the call was cancelled or its time is over */
    void check() throws UpstreamException {
        if (cancelled()) {
            throw cancelledFailure(null);
        }
        if (deadline.passed()) {
            throw totalTimeout(null);
        }
    }
}

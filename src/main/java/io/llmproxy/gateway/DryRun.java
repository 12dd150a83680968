package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Decides on requests that nobody sent, by the code that decides on those that somebody did. Nothing is called, taken or noted down. */
@FunctionalInterface
public interface DryRun {
    /**
     * A request that is described.
     *
     * @param key an id, a name or the first characters of a secret; null: a key of the tenant that may do everything
     * @param address 4 or 16 bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // requests are looked at, not compared
    record Described(
            UUID tenantId,
            @Nullable String key,
            String method,
            String path,
            HeaderFields headers,
            byte[] address,
            byte[] body) {}

    /**
     * Looks things up in memory and in the counters; may take some time.
     *
     * @throws io.llmproxy.domain.error.InvalidValueException where the tenant has no such key
     */
    Explanation explain(Described request);
}

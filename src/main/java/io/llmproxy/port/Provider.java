package io.llmproxy.port;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A live provider: one account with its resolved credential and its own connections, never shared with another account.
 * Thread-safe.
 */
public interface Provider {
    ProviderAccount account();

    /** Why the provider cannot be called, as {@code credential env:X is not set}; null where it can. */
    @Nullable
    String fault();

    /** How each of its credentials does; empty where it has one at most. */
    default List<CredentialState> credentials() {
        return List.of();
    }

    /** Its connections at this moment, for those who watch. */
    default UpstreamConnections connections() {
        return UpstreamConnections.NONE;
    }

    /**
     * Whether files that it was opened with have changed since, so that it must be opened anew. Blocks on the disk; asked now and
     * then, by one thread at a time.
     */
    default boolean outdated() {
        return false;
    }

    /** Prepares a call; does no I/O. */
    ProviderCall call(UpstreamRequest request);

    /** Lets go of idle connections and those that come back; running calls go on to their end. */
    void retire();

    /**
     * What is asked of an upstream.
     *
     * @param path below {@code /v1}, beginning with {@code /}, in the client's own encoding; the provider adds its base URL.
     *     For a pass-through call the path below {@code /p/NAME}, added to the base URL as it is
     * @param passthrough whether the path is added to the base URL as it is
     * @param query without the question mark; null: none
     * @param headers the client's, without hop-by-hop fields, credentials, Host and lengths
     * @param model which one is asked for, where that is known: some APIs have it in the path; null: none, or not known
     * @param tenant whose request it is, since tenants share no connections; null: the installation's own
     */
    record UpstreamRequest(
            String method,
            String path,
            boolean passthrough,
            @Nullable String query,
            HeaderFields headers,
            RequestBody body,
            @Nullable String model,
            @Nullable UUID tenant) {
        /** Of the installation, about no model. */
        public UpstreamRequest(
                String method,
                String path,
                boolean passthrough,
                @Nullable String query,
                HeaderFields headers,
                RequestBody body) {
            this(method, path, passthrough, query, headers, body, null, null);
        }

        /** Of the same tenant to another place, with another body. */
        public UpstreamRequest instead(
                String place,
                @Nullable String otherQuery,
                HeaderFields fields,
                RequestBody other,
                @Nullable String asked) {
            return new UpstreamRequest("POST", place, false, otherQuery, fields, other, asked, tenant);
        }
    }
}

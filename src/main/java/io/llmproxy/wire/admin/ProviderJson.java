package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A provider. {@code credential} is {@code none}, {@code sealed}, the reference itself or {@code several}; header values are shown as
 * {@code ***}. {@code status} is {@code enabled}, {@code disabled} or {@code unhealthy}, with the reason in {@code fault}.
 * Durations are texts as {@code 5s}; files are named by their paths on the server; a proxy is shown without its login.
 */
public record ProviderJson(
        String id,
        @Nullable String tenant,
        boolean shared,
        String name,
        String type,
        String baseUrl,
        String credential,
        List<CredentialOf> credentials,
        List<String> models,
        int priority,
        int weight,
        Map<String, String> headers,
        @Nullable String apiVersion,
        String connectTimeout,
        String firstByteTimeout,
        String idleTimeout,
        @Nullable String timeout,
        @Nullable String caFile,
        @Nullable String clientCertificateFile,
        @Nullable String clientKeyFile,
        @Nullable String proxy,
        String streamUsage,
        String status,
        @Nullable String fault,
        List<Target> targets,
        @Nullable Check check,
        Instant createdAt,
        Instant updatedAt) {

    /**
     * How one of its models does, as the traffic of this process shows it.
     *
     * @param model null: requests that name none
     * @param state {@code closed} (all is well), {@code open} (left alone), {@code half-open} (being tried) or {@code resting} (it
     *     asked for a pause)
     * @param reason why the last call failed that did
     * @param retrySeconds until it is tried again; 0: now
     * @param firstByteMillis how long it takes to begin an answer, of late; 0: nobody knows
     */
    public record Target(
            @Nullable String model, String state, @Nullable String reason, long retrySeconds, long firstByteMillis) {}

    /**
     * What came of the last active check.
     *
     * @param state {@code ok}, {@code suspect} (it failed once) or {@code failing} (it failed again, so others come first)
     * @param reason what was wrong; null: nothing
     */
    public record Check(String state, @Nullable String reason, Instant at) {}

    /**
     * One of several credentials.
     *
     * @param name by which it is removed; never a value
     * @param state {@code ready}, {@code resting} (the provider refused it, so the others come first), {@code faulty} (it is not there or
     *     cannot be used) or {@code unknown}
     * @param reason why
     * @param retrySeconds until it is used again; 0: now
     */
    public record CredentialOf(
            String name, String state, @Nullable String reason, long retrySeconds) {}

    /**
     * Body of {@code POST /api/v1/tenants/SLUG/providers} and, for shared ones, {@code POST /api/v1/providers}.
     *
     * @param credentialRef {@code env:NAME}, {@code file:PATH}, {@code credential:NAME}
     * @param proxy {@code http://[user:password@]host:port}; its login is sealed before it is stored
     * @param streamUsage {@code auto}, {@code on} or {@code off}
     * @param apiKey the credential itself, sealed before it is stored; not together with {@code credentialRef}
     * @param addCredentialRef one more credential, by reference
     * @param addApiKey one more credential by value, sealed before it is stored
     * @param removeCredentials names of credentials that go; only in an update
     */
    public record Create(
            String name,
            String type,
            @Nullable String baseUrl,
            @Nullable String credentialRef,
            @Nullable String apiKey,
            @Nullable List<String> models,
            @Nullable Integer priority,
            @Nullable Integer weight,
            @Nullable Map<String, String> headers,
            @Nullable String apiVersion,
            @Nullable String connectTimeout,
            @Nullable String firstByteTimeout,
            @Nullable String idleTimeout,
            @Nullable String timeout,
            @Nullable String caFile,
            @Nullable String clientCertificateFile,
            @Nullable String clientKeyFile,
            @Nullable String proxy,
            @Nullable String streamUsage,
            @Nullable String addCredentialRef,
            @Nullable String addApiKey,
            @Nullable List<String> removeCredentials) {

        /** Without the credential. */
        @Override
        public String toString() {
            return "ProviderJson.Create[" + name + ", " + type + "]";
        }
    }

    /** Answer of {@code POST …/providers/NAME/test}. */
    public record Test(boolean ok, @Nullable Integer status, long latencyMs, String message, List<String> models) {}
}

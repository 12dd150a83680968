package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One act of administration.
 *
 * @param tenant the tenant that it concerns; null: the installation
 * @param actor who did it, as {@code unix:root}
 * @param uid the operating-system user; null where there is none
 * @param before what the fields held that it changed
 * @param after what it set
 */
public record AuditEventJson(
        String id,
        Instant at,
        @Nullable String tenant,
        String actor,
        @Nullable Integer uid,
        String role,
        String address,
        String action,
        String target,
        Map<String, String> before,
        Map<String, String> after) {

    /** The events of one tenant, or of the installation, as a chain. */
    public record Chain(String id, @Nullable String tenant, long events, long purged, String hash) {}

    /** The public key of the signatures. */
    public record Key(String keyId, String publicKey) {}

    /**
     * Body of {@code POST /api/v1/audit/purge}.
     *
     * @param requests true: usage records and bodies of requests, and no events
     */
    public record Purge(
            @Nullable String tenant,
            String before,
            @Nullable Boolean requests) {}

    /**
     * What a purge deleted.
     *
     * @param requests usage records
     */
    public record Purged(int events, int bodies, int requests) {}
}

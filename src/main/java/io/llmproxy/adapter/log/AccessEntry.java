package io.llmproxy.adapter.log;

import io.llmproxy.domain.secret.SecretMask;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.EndedRequest;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the access line of one request says.
 *
 * @param time when it began
 * @param path of a known client without its variable parts, of a stranger what was sent, cut to {@link #MOST} characters
 * @param address null where it may not be written
 * @param record null where it was a stranger's
 * @param traceId null where it belongs to no trace
 */
record AccessEntry(
        Instant time,
        UUID requestId,
        String method,
        String path,
        int status,
        long durationMicros,
        @Nullable String address,
        @Nullable UsageRecord record,
        @Nullable String traceId) {
    static final String LOGGER = "io.llmproxy.access";
    private static final int MOST = 200;

    static AccessEntry of(EndedRequest ended, boolean addresses) {
        // a stranger may have put anything there, a key too
        String path = ended.record() == null ? SecretMask.mask(cut(ended.path())) : cut(ended.path());
        return new AccessEntry(
                ended.startedAt(),
                ended.requestId(),
                ended.method().length() > 20 ? ended.method().substring(0, 20) : ended.method(),
                path,
                ended.status(),
                ended.durationMicros(),
                addresses ? ended.address() : null,
                ended.record(),
                ended.traceId());
    }

    private static String cut(String path) {
        return path.length() > MOST ? path.substring(0, MOST) : path;
    }
}

package io.llmproxy.domain.model;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long one upstream call may take.
 *
 * @param connect until the connection stands, TLS included
 * @param firstByte from the request sent to the first byte of the answer
 * @param idle between two bytes of the answer
 * @param total the whole call; null: no limit
 */
public record ProviderTimeouts(
        Duration connect,
        Duration firstByte,
        Duration idle,
        @Nullable Duration total) {
    public static final ProviderTimeouts DEFAULT =
            new ProviderTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(600), Duration.ofSeconds(300), null);

    public ProviderTimeouts {
        check("connectTimeout", connect);
        check("firstByteTimeout", firstByte);
        check("idleTimeout", idle);
        check("timeout", total);
    }

    private static void check(String field, @Nullable Duration value) {
        if (value != null && (value.toMillis() < 1 || value.compareTo(Duration.ofDays(1)) > 0)) {
            throw new InvalidValueException(field, "must be 1ms to 1d");
        }
    }
}

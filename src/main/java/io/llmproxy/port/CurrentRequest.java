package io.llmproxy.port;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The request that a thread works for, for whoever has to name it without being told, as the log has. Bound by the gateway for the
 * time that it serves the request; read on the same thread alone.
 */
public interface CurrentRequest {
    /** Unbound where a thread works for no request. */
    ScopedValue<CurrentRequest> SCOPE = ScopedValue.newInstance();

    /** Null before it has one. */
    @Nullable
    UUID requestIdOrNull();

    /** The slug of the tenant that asks; null while nobody knows it. */
    @Nullable
    String tenantOrNull();
}

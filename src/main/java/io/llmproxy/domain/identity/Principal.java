package io.llmproxy.domain.identity;

import org.jspecify.annotations.Nullable;

/** Whom a request of the gateway is for: its key, the key's tenant and, where the key has one, its user. */
public record Principal(Tenant tenant, @Nullable User user, ApiKey key) {}

package io.llmproxy.admin;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import org.jspecify.annotations.Nullable;

/** A key together with whose it is. */
public record KeyView(Tenant tenant, @Nullable User user, ApiKey key) {}

package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.route.Route;
import org.jspecify.annotations.Nullable;

/**
 * A route together with whose it is.
 *
 * @param owner null where it is of all tenants
 */
public record RouteView(@Nullable Tenant owner, Route route) {}

package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import org.jspecify.annotations.Nullable;

/**
 * A provider together with whose it is.
 *
 * @param owner null where it is shared
 * @param detailed whether the reader may see where a shared provider's credential comes from
 */
public record ProviderView(@Nullable Tenant owner, ProviderAccount account, boolean detailed) {}

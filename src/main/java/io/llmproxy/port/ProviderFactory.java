package io.llmproxy.port;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.ProviderAccount;

/** Makes live providers of accounts. */
public interface ProviderFactory {
    /** Resolves the credential and prepares connections, without I/O to the upstream. Never throws for a missing secret: see {@link Provider#fault}. */
    Provider open(ProviderAccount account);

    /**
     * Whether the base URL may be stored: its scheme, no credentials or fragment in it, not ourselves, not a metadata address;
     * loopback and private addresses only where {@code privateAllowed}. Names are checked again when connecting.
     *
     * @throws InvalidValueException where it may not
     */
    void check(ProviderAccount account);
}

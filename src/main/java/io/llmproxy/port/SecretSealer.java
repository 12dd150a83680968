package io.llmproxy.port;

import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;

/** Seals values under the master key (AES-256-GCM). Thread-safe. */
public interface SecretSealer {
    /** @param context tenant, table and row: the associated data, without which the value cannot be opened elsewhere */
    Credential.Sealed seal(Secret secret, String context);

    /** @throws IllegalStateException where the envelope is of another key, another place, or damaged */
    Secret open(Credential.Sealed sealed, String context);
}

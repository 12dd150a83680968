package io.llmproxy.port;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import java.util.Optional;

/** Reads what a {@link SecretRef} points at. Blocks on files; never called on the hot path. */
public interface SecretSource {
    /**
     * Whether such a reference may be stored at all: files only under the configured directories, never the master key.
     *
     * @throws InvalidValueException where it may not
     */
    void check(SecretRef ref);

    /** A text that changes when the file behind the reference does; always the same where there is no file. Blocks on the disk. */
    default String stamp(SecretRef ref) {
        return "";
    }

    /** The secret without its trailing line end; empty where it is missing, unreadable or not permitted. */
    Optional<Secret> resolve(SecretRef ref);
}

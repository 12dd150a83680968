package io.llmproxy.adapter.secret;

import org.jspecify.annotations.Nullable;

/** The master key is missing, unfit, or another than the one that sealed a value; the message names key ids, never keys. */
public final class MasterKeyException extends IllegalStateException {
    MasterKeyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    MasterKeyException(String message) {
        this(message, null);
    }
}

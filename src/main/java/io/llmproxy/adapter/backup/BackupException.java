package io.llmproxy.adapter.backup;

import org.jspecify.annotations.Nullable;

/** A backup cannot be written, read or trusted; the message says what to do and holds no secret. */
public final class BackupException extends RuntimeException {
    public BackupException(String message) {
        super(message);
    }

    public BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

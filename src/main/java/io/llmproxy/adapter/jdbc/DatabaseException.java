package io.llmproxy.adapter.jdbc;

import org.jspecify.annotations.Nullable;

/** The database cannot be opened; the message says which, why, and what to do, without credentials. */
public final class DatabaseException extends RuntimeException {
    /** Why, and with that the exit code of the process. */
    public enum Reason {
        /** The settings are wrong: no URL of a database that this program knows, a path that H2 cannot take. */
        SETTINGS,
        /** It does not answer, or refuses the user. */
        AWAY,
        /** Another process has the data directory. */
        IN_USE,
        /** Its schema is altered, or somebody else's; nothing was changed. */
        SCHEMA,
        /** Its schema is newer than the program; nothing was changed. */
        NEWER
    }

    private final Reason reason;

    DatabaseException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}

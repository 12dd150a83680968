package io.llmproxy.domain.identity;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;

/** What is kept of a tenant's requests beside the line of account that each has. */
public enum AuditMode {
    /** Nothing: the account is not searched as an audit, and ids that client and provider gave a request are left out of it. */
    NONE,
    /** Who asked what of whom, when, and how it ended. */
    METADATA,
    /** That, and the bodies of request and answer, from which private things were taken before they were stored. */
    REDACTED,
    /** That, and the bodies as they were. */
    FULL;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether bodies are kept. */
    public boolean bodies() {
        return this == REDACTED || this == FULL;
    }

    public static AuditMode parse(String text) {
        for (AuditMode mode : values()) {
            if (mode.word().equals(text)) {
                return mode;
            }
        }
        throw new InvalidValueException("auditMode", "must be none, metadata, redacted or full");
    }

    @Override
    public String toString() {
        return word();
    }
}

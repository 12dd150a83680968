package io.llmproxy.adapter.admin.auth;

import org.jspecify.annotations.Nullable;

/** What callers over TCP are known by cannot be used; the message names the file, the fault and the remedy. */
public final class AuthFault extends Exception {
    AuthFault(String message) {
        super(message);
    }

    AuthFault(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

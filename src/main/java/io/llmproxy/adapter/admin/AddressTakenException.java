package io.llmproxy.adapter.admin;

import java.io.IOException;

/** Another process listens where the admin server is to listen. */
public final class AddressTakenException extends IOException {
    public AddressTakenException(String message) {
        super(message);
    }
}

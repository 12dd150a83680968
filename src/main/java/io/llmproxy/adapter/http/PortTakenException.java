package io.llmproxy.adapter.http;

import java.io.IOException;

/** The address to listen on is in use by another program. */
public final class PortTakenException extends IOException {
    PortTakenException(String address, IOException cause) {
        super(
                "Cannot listen on " + address
                        + ": another program uses that port. Stop it, or choose another with --listen.",
                cause);
    }
}

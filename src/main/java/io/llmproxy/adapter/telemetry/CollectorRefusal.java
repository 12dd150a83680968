package io.llmproxy.adapter.telemetry;

import java.io.IOException;

/** The collector answered, but did not take what it was sent. */
final class CollectorRefusal extends IOException {
    private static final long serialVersionUID = 1;
    private static final int REQUEST_TIMEOUT = 408;
    private static final int TOO_MANY_REQUESTS = 429;

    private final int status;

    CollectorRefusal(int status) {
        super("it answered " + status);
        this.status = status;
    }

    /** Whether it would answer the same again: what it says of its own state passes, what it says of the request does not. */
    boolean lasting() {
        return status < 500 && status != REQUEST_TIMEOUT && status != TOO_MANY_REQUESTS;
    }
}

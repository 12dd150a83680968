package io.llmproxy.adapter.http;

import io.helidon.http.Status;

/** Reason phrases; of no meaning to programs, but some old ones want one. */
final class Reasons {
    private Reasons() {}

    static String of(int status) {
        return Status.create(status).reasonPhrase();
    }
}

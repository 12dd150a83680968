package io.llmproxy.gateway;

import io.llmproxy.port.EndedRequest;
import io.llmproxy.port.RequestListener;

/** Who hears of requests that ended: nobody until somebody is set. Thread-safe. */
public final class Audience {
    private static final RequestListener NOBODY = new RequestListener() {
        @Override
        public boolean listening() {
            return false;
        }

        @Override
        public void ended(EndedRequest request) {}
    };

    private volatile RequestListener listener = NOBODY;

    public void set(RequestListener who) {
        listener = who;
    }

    public RequestListener now() {
        return listener;
    }
}

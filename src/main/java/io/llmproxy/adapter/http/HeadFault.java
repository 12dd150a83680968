package io.llmproxy.adapter.http;

import io.llmproxy.domain.error.ProxyError;

/** A head that cannot be read, or not be trusted: what comes behind it is not known to be a request. */
final class HeadFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient ProxyError error;

    HeadFault(ProxyError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    ProxyError error() {
        return error;
    }
}

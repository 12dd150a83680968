package io.llmproxy.domain.error;

/** Carries a {@link ProxyError} out of the pipeline; without a stack, since it is an answer and no accident. */
public final class ProxyException extends RuntimeException {
    private final ProxyError error;

    public ProxyException(ProxyError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    public ProxyError error() {
        return error;
    }
}

package io.llmproxy.gateway;

/** One step in the service of a request; what it does before {@code next} runs on the way in, what after on the way out. */
public interface Stage {
    /** The rest of the pipeline; returns when the last byte of the body was written. */
    interface Next {
        void handle(Exchange x);
    }

    /**
     * @throws io.llmproxy.domain.error.ProxyException where the gateway refuses or fails
     * @throws ClientGoneException where nobody is left to answer
     */
    void handle(Exchange x, Next next);

    /** The stage's name in docs/pipeline.md. */
    default String name() {
        return getClass().getSimpleName();
    }
}

package io.llmproxy.port;

/** Hears of every request that ended, a stranger's too. Thread-safe. */
public interface RequestListener {
    /** Whether it wants to hear at all, so that nothing is made for nobody; cheap. */
    boolean listening();

    /** On the request's thread, before its answer is complete: returns at once, waits for nothing, formats nothing. */
    void ended(EndedRequest request);
}

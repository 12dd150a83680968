package io.llmproxy.gateway.privacy;

/** Tells one kind of private text where it begins. Immutable, so that one serves all threads. */
interface Detector {
    /**
     * Looks at most a few hundred characters ahead and {@link Window#CONTEXT} back, whatever the text.
     *
     * @param i a place where a word begins, or a sign that this detector asks for
     * @return the index behind the match; {@link Window#NO}; or {@link Window#MORE} where the window ends too early to tell
     */
    int match(Window window, int i);
}

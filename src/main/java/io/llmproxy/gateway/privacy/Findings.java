package io.llmproxy.gateway.privacy;

/** Takes what a scan comes to, in the order of the text. */
interface Findings {
    /** So many characters that are not private. */
    void passed(char[] text, int from, int to);

    /**
     * Something private.
     *
     * @param label of its kind, in capitals
     * @param start of it in the whole text
     * @param end behind it, in the whole text
     */
    void found(String label, long start, long end);
}

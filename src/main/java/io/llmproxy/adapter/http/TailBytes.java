package io.llmproxy.adapter.http;

/** How an event stream ended so far, to begin an event of our own on a line of its own. */
final class TailBytes {
    private boolean any;
    private boolean lineEnded;
    private boolean eventEnded;

    void add(byte[] bytes, int offset, int length) {
        for (int i = Math.max(offset, offset + length - 4); i < offset + length; i++) {
            any = true;
            if (bytes[i] == '\n') {
                eventEnded = lineEnded;
                lineEnded = true;
            } else if (bytes[i] != '\r') {
                lineEnded = false;
                eventEnded = false;
            }
        }
    }

    /** What ends a begun event, or a begun line where each is an event. */
    String missing(boolean lines) {
        return lines ? any && !lineEnded ? "\n" : "" : missingLineEnds();
    }

    /** What ends a begun event (HTML standard, 9.2.6): nothing, one line end or two. */
    private String missingLineEnds() {
        if (!any || eventEnded) {
            return "";
        }
        return lineEnded ? "\n" : "\n\n";
    }
}

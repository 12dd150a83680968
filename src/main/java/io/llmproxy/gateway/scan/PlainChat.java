package io.llmproxy.gateway.scan;

import org.jspecify.annotations.Nullable;

/**
 * The size of a conversation whose messages have nothing but a role and a text, in ASCII and without escapes, as most have.
 *
 * @param messages how many
 * @param quarters of each text and role the length divided by four, rounded up, together
 */
public record PlainChat(int messages, long quarters) {
    private static final int QUARTER = 4;

    /** Measures one along the way. One thread. */
    static final class Measure {
        private int messages;
        private long quarters;
        private boolean other;

        void message() {
            messages++;
        }

        /** @param length of a role or of a text in characters; -1: not known without decoding it */
        void text(int length) {
            other |= length < 0;
            quarters += Math.ceilDiv(length, QUARTER);
        }

        /** There is something else, so that it is no plain one. */
        void other() {
            other = true;
        }

        @Nullable
        PlainChat found() {
            return other ? null : new PlainChat(messages, quarters);
        }
    }
}

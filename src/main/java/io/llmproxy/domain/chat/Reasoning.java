package io.llmproxy.domain.chat;

import org.jspecify.annotations.Nullable;

/** How much the model thinks before it answers. */
public sealed interface Reasoning {
    /** Not at all. */
    record Off() implements Reasoning {}

    /** As hard as this. */
    record Level(Effort effort) implements Reasoning {}

    /** Up to so many tokens. */
    record Budget(int tokens) implements Reasoning {}

    /** As the model sees fit. */
    record Adaptive(@Nullable Effort effort) implements Reasoning {}

    /** How hard; the tokens stand for a level where a provider counts, and a level for up to so many tokens where one does not. */
    enum Effort {
        MINIMAL(1024),
        LOW(2048),
        MEDIUM(8192),
        HIGH(24576),
        XHIGH(32768);

        private final int tokens;

        Effort(int tokens) {
            this.tokens = tokens;
        }

        public int tokens() {
            return tokens;
        }

        /** The lowest level that has so many tokens, else the highest; {@code MINIMAL} only where that is meant. */
        public static Effort of(int tokens) {
            for (Effort effort : values()) {
                if (effort != MINIMAL && tokens <= effort.tokens) {
                    return effort;
                }
            }
            return XHIGH;
        }
    }
}

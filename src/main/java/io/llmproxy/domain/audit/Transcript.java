package io.llmproxy.domain.audit;

import java.util.UUID;

/** What was asked and what was answered, as far as it is kept. */
public record Transcript(UUID tenantId, UUID requestId, boolean redacted, Part request, Part answer) {
    /** Of each body no more bytes are kept. */
    public static final int MAX_BODY = 256 << 10;

    /** One of the two bodies. */
    public static final class Part {
        private static final byte[] NOTHING = {};
        public static final Part NONE = new Part("", false, NOTHING);
        private final String contentType;
        private final boolean cut;
        private final byte[] bytes;

        /**
         * @param cut whether there was more, or what there was cannot be kept
         * @param bytes without their content coding; given away: the caller does not change them any more
         */
        public Part(String contentType, boolean cut, byte[] bytes) {
            this.contentType = contentType;
            this.cut = cut;
            this.bytes = bytes;
        }

        /** Nothing but that there was something. */
        public static Part left(String contentType) {
            return new Part(contentType, true, NOTHING);
        }

        public String contentType() {
            return contentType;
        }

        public boolean cut() {
            return cut;
        }

        /** Not to be changed. */
        public byte[] bytes() {
            return bytes;
        }
    }
}

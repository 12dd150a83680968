package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.gateway.scan.SseReader;
import io.llmproxy.port.UpstreamException;

/** How a provider's stream is cut into events, each of which is one JSON object. Thread-safe. */
public interface StreamFormat {
    /** Server-sent events, as most have it. */
    StreamFormat EVENTS = new StreamFormat() {
        @Override
        public String contentType() {
            return "text/event-stream";
        }

        @Override
        public Splitter splitter(SseReader.Listener to) {
            SseReader reader = new SseReader(to);
            return reader::feed;
        }
    };

    /** What the {@code Content-Type} of such a stream begins with, in lower case. */
    String contentType();

    /** Cuts one stream. */
    Splitter splitter(SseReader.Listener to);

    /** Cuts one stream; pieces may end anywhere. One thread. */
    interface Splitter {
        /** @throws UpstreamException where the bytes are not in the format; nothing after them can be read */
        void feed(byte[] in, int from, int length) throws UpstreamException;

        /**
         * The stream has ended.
         *
         * @throws UpstreamException where it has within an event
         */
        default void end() throws UpstreamException {}
    }
}

package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.gateway.scan.SseReader;

/** A stream of JSON objects, one a line (NDJSON); empty lines mean nothing, and the last one may lack its end. */
public final class JsonLines implements StreamFormat {
    @Override
    public String contentType() {
        return "application/x-ndjson";
    }

    @Override
    public Splitter splitter(SseReader.Listener to) {
        return new Lines(to);
    }

    private static final class Lines implements Splitter {
        private final SseReader.Listener to;

        Lines(SseReader.Listener to) {
            this.to = to;
        }

        @Override
        public void feed(byte[] in, int from, int length) {
            int end = from + length;
            int i = from;
            while (i < end) {
                if (in[i] == '\n' || in[i] == '\r') {
                    i++;
                    to.eventEnd(i);
                } else {
                    int begin = i;
                    while (i < end && in[i] != '\n' && in[i] != '\r') {
                        i++;
                    }
                    to.data(in, begin, i - begin);
                }
            }
        }

        @Override
        public void end() {
            to.eventEnd(0);
        }
    }
}

package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Listens to an answer's body as it goes by and tells the tokens that the provider counted; bounded memory, never fails. */
public interface UsageTap {
    void feed(byte[] in, int from, int length);

    TokenUsage usage();

    /** What the answer delivered, for endpoints that generate text. */
    DeliveredText text();

    /** Whether the answer said that nothing follows, as {@code [DONE]} does. */
    default boolean done() {
        return false;
    }

    /** A JSON document in each line, as Ollama streams. */
    String LINES = "application/x-ndjson";

    /** For bodies that have no usage to tell. */
    UsageTap DEAF = new UsageTap() {
        @Override
        public void feed(byte[] in, int from, int length) {}

        @Override
        public TokenUsage usage() {
            return TokenUsage.NONE;
        }

        @Override
        public DeliveredText text() {
            return new DeliveredText();
        }
    };

    /** The tap that fits an answer; codings that the JDK cannot decode are not listened to. */
    static UsageTap of(String contentType, String contentEncoding) {
        UsageTap plain = plain(contentType.toLowerCase(Locale.ROOT));
        UsageTap tap = plain.equals(DEAF) ? DEAF : decoded(plain, contentEncoding);
        return tap == null ? DEAF : tap;
    }

    /** The tap behind what takes the coding off; null: that coding cannot be read here. */
    static @Nullable UsageTap decoded(UsageTap plain, String contentEncoding) {
        return switch (contentEncoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> plain;
            case "gzip", "x-gzip" -> new InflatingTap(plain, true);
            case "deflate" -> new InflatingTap(plain, false);
            default -> null;
        };
    }

    private static UsageTap plain(String contentType) {
        if (contentType.startsWith("text/event-stream")) {
            return new EventTap();
        }
        if (contentType.startsWith(LINES)) {
            return new LinesTap();
        }
        return contentType.contains("json") ? new JsonTap() : DEAF;
    }

    /** One JSON document. */
    final class JsonTap implements UsageTap {
        private final UsageScanner scanner = new UsageScanner();

        @Override
        public void feed(byte[] in, int from, int length) {
            scanner.feed(in, from, length);
        }

        @Override
        public TokenUsage usage() {
            return scanner.usage();
        }

        @Override
        public DeliveredText text() {
            return scanner.text();
        }
    }

    /** One JSON document in each line; a line feed within a string is written otherwise. */
    final class LinesTap implements UsageTap {
        private final UsageScanner scanner = new UsageScanner();

        @Override
        public void feed(byte[] in, int from, int length) {
            int at = from;
            for (int i = from; i < from + length; i++) {
                if (in[i] == '\n') {
                    scanner.feed(in, at, i - at);
                    scanner.restart();
                    at = i + 1;
                }
            }
            scanner.feed(in, at, from + length - at);
        }

        @Override
        public TokenUsage usage() {
            return scanner.usage();
        }

        @Override
        public DeliveredText text() {
            return scanner.text();
        }
    }

    /** One JSON document in each event. */
    final class EventTap implements UsageTap, SseReader.Listener {
        private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};
        /** How Anthropic's last event begins. */
        private static final byte[] STOP = "{\"type\":\"message_stop\"".getBytes(StandardCharsets.US_ASCII);

        private int doneMatched;
        private int stopMatched;
        private boolean done;
        private final UsageScanner scanner = new UsageScanner();
        private final SseReader reader = new SseReader(this);

        @Override
        public void feed(byte[] in, int from, int length) {
            reader.feed(in, from, length);
        }

        @Override
        public TokenUsage usage() {
            return scanner.usage();
        }

        @Override
        public DeliveredText text() {
            return scanner.text();
        }

        @Override
        public void data(byte[] in, int from, int length) {
            scanner.feed(in, from, length);
            for (int i = from; i < from + length && doneMatched >= 0; i++) {
                doneMatched = doneMatched < DONE.length && in[i] == DONE[doneMatched] ? doneMatched + 1 : -1;
            }
            for (int i = from; i < from + length && stopMatched >= 0 && stopMatched < STOP.length; i++) {
                stopMatched = in[i] == STOP[stopMatched] ? stopMatched + 1 : in[i] == ' ' ? stopMatched : -1;
            }
        }

        @Override
        public boolean done() {
            return done;
        }

        @Override
        public void eventEnd(int next) {
            done |= doneMatched == DONE.length || stopMatched == STOP.length;
            doneMatched = 0;
            stopMatched = 0;
            scanner.restart();
        }
    }
}

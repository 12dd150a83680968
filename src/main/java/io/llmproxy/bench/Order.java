package io.llmproxy.bench;

import java.time.Duration;

/**
 * What a request orders of the paced upstream, in a field of the body that proxies pass on as they pass on all they do not know.
 *
 * @param chunks how many chunks to stream; 0: one plain answer
 * @param interval between two chunks
 * @param delay before the answer's head
 */
public record Order(int chunks, Duration interval, Duration delay) {
    static final Order PLAIN = new Order(0, Duration.ZERO, Duration.ZERO);

    /** A stream of that many chunks each second. */
    static Order stream(int rate, Duration length) {
        int chunks = Math.toIntExact(rate * length.toMillis() / 1000);
        return new Order(chunks, Duration.ofSeconds(1).dividedBy(rate), Duration.ZERO);
    }

    static Order wait(Duration delay) {
        return new Order(0, Duration.ZERO, delay);
    }

    /** A chat request of about 500 bytes with this order in it. */
    String chat(String model) {
        return """
                {"model":"%s","stream":%s,"bench":{"chunks":%d,"interval_us":%d,"delay_us":%d},\
                "messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"%s"}],\
                "temperature":0.7,"max_tokens":256}""".formatted(
                        model,
                        chunks > 0,
                        chunks,
                        interval.toNanos() / 1000,
                        delay.toNanos() / 1000,
                        "The quick brown fox jumps over the lazy dog. ".repeat(7));
    }

    /** The order in a body; the plain one where it holds none. */
    static Order in(String body) {
        return new Order(
                (int) number(body, "\"chunks\":"),
                Duration.ofNanos(number(body, "\"interval_us\":") * 1000),
                Duration.ofNanos(number(body, "\"delay_us\":") * 1000));
    }

    private static long number(String body, String field) {
        int at = body.indexOf(field);
        long value = 0;
        for (int i = at + field.length(); at >= 0 && i < body.length() && isDigit(body.charAt(i)); i++) {
            value = value * 10 + body.charAt(i) - '0';
        }
        return value;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}

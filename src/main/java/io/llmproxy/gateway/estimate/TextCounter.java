package io.llmproxy.gateway.estimate;

import io.llmproxy.domain.usage.TokenEncoding;
import io.llmproxy.gateway.scan.EscapedText;
import io.llmproxy.port.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * Adds up the tokens of JSON strings that come in pieces. Text up to a bound is counted; beyond it every eighth window of
 * {@value #WINDOW} bytes, and beyond eight times as much every sixty-fourth, and the rest in proportion. So a body of any size
 * costs about the same, and all parts of it have their weight.
 */
final class TextCounter implements TextTally {
    /**
     * What may be spent.
     *
     * @param exact so many bytes are all counted
     */
    record Effort(long exact) {
        /** Some 60,000 tokens of English. */
        static final Effort FULL = new Effort(256 * 1024);

        /** While many others wait. */
        static final Effort LITTLE = new Effort(32 * 1024);
    }

    private static final int WINDOW = 4096;
    /** Most strings are shorter than a window. */
    private static final int FIRST_WINDOW = 512;

    private static final int DENSE = 8;
    private static final int SPARSE = 64;
    /** Text without any gaps takes a hundred times longer than prose; no one pays for more than this much of it. */
    private static final long PATIENCE = Duration.ofMillis(300).toNanos();
    /** Where nothing at all was counted, by OpenAI's own rule of thumb. */
    private static final double BYTES_PER_TOKEN = 4;

    private final Tokenizer tokenizer;
    private final TokenEncoding encoding;
    private final Effort effort;
    private final long began = System.nanoTime();
    private byte[] window = new byte[FIRST_WINDOW];
    private int filled;
    private boolean counting;
    private long windows;
    private long seen;
    private final Sample start = new Sample();
    private final Sample rest = new Sample();
    private long left;

    /** What was counted of a part of the text. */
    private static final class Sample {
        long bytes;
        long tokens;

        void add(long moreBytes, long moreTokens) {
            bytes += moreBytes;
            tokens += moreTokens;
        }
    }

    TextCounter(Tokenizer tokenizer, TokenEncoding encoding, Effort effort) {
        this.tokenizer = tokenizer;
        this.encoding = encoding;
        this.effort = effort;
    }

    @Override
    public TokenEncoding encoding() {
        return encoding;
    }

    @Override
    public void add(byte[] raw, int from, int to) {
        int at = from;
        while (at < to) {
            if (filled == 0) {
                counting = wanted();
            }
            int count = Math.min(to - at, WINDOW - filled);
            if (counting) {
                if (filled + count > window.length) {
                    window = Arrays.copyOf(window, WINDOW);
                }
                System.arraycopy(raw, at, window, filled, count);
            }
            filled += count;
            at += count;
            if (filled == WINDOW) {
                endOfWindow();
            }
        }
    }

    @Override
    public void endOfString() {
        if (filled > 0) {
            endOfWindow();
        }
    }

    private void endOfWindow() {
        int length = filled;
        filled = 0;
        if (counting) {
            counted(length, EscapedText.whole(window, 0, length));
        } else {
            left(length);
        }
    }

    @Override
    public void add(String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        if (wanted()) {
            counted(length, text);
        } else {
            left(length);
        }
    }

    private void counted(long length, String text) {
        (seen < effort.exact ? start : rest).add(length, tokenizer.count(encoding, text));
        seen += length;
    }

    @Override
    public void left(long length) {
        left += length;
        seen += length;
    }

    private boolean wanted() {
        if (seen >= Effort.LITTLE.exact && System.nanoTime() - began > PATIENCE) {
            return false;
        }
        if (seen < effort.exact) {
            return true;
        }
        return windows++ % (seen < DENSE * effort.exact ? DENSE : SPARSE) == 0;
    }

    @Override
    public long tokens() {
        return start.tokens + rest.tokens + Math.round(left * ratio());
    }

    private double ratio() {
        Sample like = rest.bytes > 0 ? rest : start;
        return like.bytes == 0 ? 1 / BYTES_PER_TOKEN : (double) like.tokens / like.bytes;
    }
}

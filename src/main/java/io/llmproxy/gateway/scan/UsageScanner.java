package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds in a JSON answer, while it streams by, its {@code usage} and the text that it delivers. The usage is that of the
 * document itself, or of its {@code response} or {@code message}, as the events of the Responses and Messages APIs have it. It
 * keeps the bytes of that object, at most {@value #MAX_USAGE}, and of the text what {@link DeliveredText} keeps. JSON is taken on
 * trust: what is malformed has no usage, and no one is refused for it.
 *
 * <p>Gemini's usage is {@code usageMetadata}, in a stream that is one JSON list in each of its elements; Ollama's are two numbers of the
 * document itself.
 *
 * <p>The text is every string named like a text below {@code choices}, {@code output}, {@code content}, {@code candidates}, {@code message} or {@code delta}, and a
 * {@code delta} or {@code response} that is itself a string. So the events of the Responses API that repeat what was delivered are not counted again:
 * they have it elsewhere.
 */
public final class UsageScanner {
    private static final int MAX_USAGE = 16 * 1024;
    private static final int FIRST_KEPT = 512;
    private static final int MAX_NAME = 17;
    private static final byte[] NOTHING = {};
    private static final Names USAGE = new Names("usage", "usageMetadata");
    private static final byte[] MESSAGE = ascii("message");
    private static final byte[] READ = ascii("prompt_eval_count");
    private static final byte[] WRITTEN = ascii("eval_count");
    private static final byte[] DELTA = ascii("delta");
    private static final Names WRAPPERS = new Names("response");
    private static final Names TEXT_HOLDERS = new Names("choices", "delta", "output", "content", "candidates");
    private static final Names TEXTS = new Names(
            "content",
            "text",
            "arguments",
            "name",
            "reasoning_content",
            "reasoning",
            "refusal",
            "thinking",
            "partial_json");
    /** What lies in these tells of the text once more. */
    private static final Names REPEATING = new Names("logprobs", "reasoning_details");

    private final UsageFields fields = new UsageFields();
    private final DeliveredText text = new DeliveredText();
    private final byte[] name = new byte[MAX_NAME];
    private int nameLength;
    private byte[] kept = NOTHING;
    private int keptLength;
    private int captureDepth = -1;
    private int captureFrom;

    private int depth;
    private boolean inString;
    private boolean escape;
    private boolean naming;
    private boolean nameExpected;
    private boolean delivering;
    private boolean outerObject;
    private boolean wrapped;
    private boolean inTexts;
    private int repeatedDepth = -1;
    private Next next = Next.ANYTHING;
    /** The number that is being read; negative: none is. */
    private long number = -1;

    /** What the value behind a name is. */
    private enum Next {
        ANYTHING,
        USAGE,
        WRAPPER,
        TEXT_HOLDER,
        TEXT,
        /** A string that is text, or else something that holds texts. */
        DELTA,
        REPETITION,
        /** Something that holds texts, and perhaps the usage. */
        MESSAGE,
        READ,
        WRITTEN
    }

    /** What was found so far, over all documents. */
    public TokenUsage usage() {
        return fields.usage();
    }

    /** The text delivered so far, over all documents. */
    public DeliveredText text() {
        return text;
    }

    /** A new document begins. */
    public void restart() {
        depth = 0;
        inString = false;
        escape = false;
        naming = false;
        nameExpected = false;
        delivering = false;
        wrapped = false;
        inTexts = false;
        repeatedDepth = -1;
        captureDepth = -1;
        next = Next.ANYTHING;
        number = -1;
    }

    public void feed(byte[] in, int from, int length) {
        int to = from + length;
        int i = from;
        captureFrom = from;
        while (i < to) {
            i = inString ? string(in, i, to) : structure(in, i, to);
        }
        if (captureDepth >= 0) {
            keep(in, to);
        }
    }

    private int string(byte[] in, int from, int to) {
        if (escape) {
            escape = false;
            nameLength = MAX_NAME + 1;
            deliver(in, from, from + 1);
            return from + 1;
        }
        int end = ByteSearch.quoteOrBackslash(in, from, to);
        if (naming) {
            name(in, from, end);
        }
        if (end == to) {
            deliver(in, from, to);
            return to;
        }
        escape = in[end] == '\\';
        inString = escape;
        deliver(in, from, escape ? end + 1 : end);
        return end + 1;
    }

    private void name(byte[] in, int from, int to) {
        int length = Math.min(to - from, MAX_NAME + 1 - nameLength);
        if (nameLength + length <= MAX_NAME) {
            System.arraycopy(in, from, name, nameLength, length);
        }
        nameLength += Math.max(0, length);
    }

    private void deliver(byte[] in, int from, int to) {
        if (delivering) {
            text.add(in, from, to);
        }
    }

    /** What is outside of strings, up to the next one. */
    private int structure(byte[] in, int from, int to) {
        for (int i = from; i < to; i++) {
            switch (in[i]) {
                case '"' -> {
                    stringBegins();
                    return i + 1;
                }
                case ':' -> named();
                case ',' -> {
                    numberEnds();
                    nameExpected = watched();
                }
                case '{' -> open(true, i);
                case '[' -> open(false, i);
                case '}', ']' -> {
                    numberEnds();
                    close(in, i + 1);
                }
                default -> {
                    if (number >= 0) {
                        digit(in[i]);
                    }
                }
            }
        }
        return to;
    }

    private void digit(byte b) {
        if (b >= '0' && b <= '9') {
            number = Math.min(number * 10 + b - '0', Long.MAX_VALUE / 100);
        } else if (b > ' ') {
            number = -1; // no count
            next = Next.ANYTHING;
        }
    }

    private void numberEnds() {
        if (number >= 0) {
            fields.ollamas(next == Next.READ, number);
            number = -1;
            next = Next.ANYTHING;
        }
    }

    private void stringBegins() {
        inString = true;
        naming = nameExpected;
        nameLength = 0;
        delivering = !naming && repeatedDepth < 0 && (next == Next.TEXT || next == Next.DELTA || next == Next.WRAPPER);
        number = -1;
        next = Next.ANYTHING;
    }

    private boolean watched() {
        return depth == 1 && outerObject || depth == 2 && wrapped || inTexts;
    }

    private void named() {
        if (naming) {
            next = inTexts ? inTexts() : outside();
            number = next == Next.READ || next == Next.WRITTEN ? 0 : -1;
        }
        naming = false;
        nameExpected = false;
    }

    private Next inTexts() {
        if (isNamed(TEXTS)) {
            return Next.TEXT;
        }
        if (isNamed(REPEATING)) {
            return Next.REPETITION;
        }
        return wrapped && depth == 2 && isNamed(USAGE) ? Next.USAGE : Next.ANYTHING;
    }

    private Next outside() {
        if (isNamed(USAGE)) {
            return Next.USAGE;
        }
        if (depth != 1) {
            return Next.ANYTHING;
        }
        if (isNamed(WRAPPERS)) {
            return Next.WRAPPER;
        }
        if (isNamed(DELTA)) {
            return Next.DELTA;
        }
        if (isNamed(MESSAGE)) {
            return Next.MESSAGE;
        }
        if (isNamed(READ) || isNamed(WRITTEN)) {
            return isNamed(READ) ? Next.READ : Next.WRITTEN;
        }
        return isNamed(TEXT_HOLDERS) ? Next.TEXT_HOLDER : Next.ANYTHING;
    }

    private boolean isNamed(Names any) {
        if ((any.lengths >>> nameLength & 1) == 0) {
            return false;
        }
        for (byte[] wanted : any.names) {
            if (isNamed(wanted)) {
                return true;
            }
        }
        return false;
    }

    private boolean isNamed(byte[] wanted) {
        return nameLength == wanted.length && ByteSearch.equal(name, 0, wanted);
    }

    private void open(boolean object, int at) {
        if (depth == 0 && !object) {
            return; // the documents are in a list
        }
        number = -1;
        depth++;
        if (depth == 1) {
            outerObject = object;
        } else if (depth == 2) {
            wrapped = object && (next == Next.WRAPPER || next == Next.MESSAGE);
            inTexts = next == Next.TEXT_HOLDER || next == Next.DELTA || next == Next.MESSAGE;
        }
        if (next == Next.USAGE && object && captureDepth < 0) {
            captureDepth = depth - 1;
            captureFrom = at;
            keptLength = 0;
        }
        if (next == Next.REPETITION && repeatedDepth < 0) {
            repeatedDepth = depth - 1;
        }
        next = Next.ANYTHING;
        nameExpected = object && watched();
    }

    private void close(byte[] in, int end) {
        depth = Math.max(0, depth - 1);
        if (depth < 2) {
            wrapped = false;
            inTexts = false;
        }
        if (repeatedDepth == depth) {
            repeatedDepth = -1;
        }
        if (captureDepth == depth) {
            captured(in, end);
            captureDepth = -1;
        }
        nameExpected = false;
    }

    /** The usage object is complete: most lie in one piece, and are read where they are. */
    private void captured(byte[] in, int end) {
        if (keptLength == 0 && end - captureFrom <= MAX_USAGE) {
            fields.read(in, captureFrom, end);
            return;
        }
        keep(in, end);
        if (captureDepth >= 0) {
            fields.read(kept, 0, keptLength);
        }
    }

    /** The usage object's bytes of this piece; one that is too long is given up. */
    private void keep(byte[] in, int to) {
        int length = to - captureFrom;
        if (keptLength + length > MAX_USAGE) {
            captureDepth = -1;
            return;
        }
        if (keptLength + length > kept.length) {
            kept = Arrays.copyOf(kept, Math.min(MAX_USAGE, Math.max(FIRST_KEPT, 2 * (keptLength + length))));
        }
        System.arraycopy(in, captureFrom, kept, keptLength, length);
        keptLength += length;
    }

    /** Names of fewer than 64 letters, and a bit for each length that some have. */
    private static final class Names {
        private final byte[][] names;
        private final long lengths;

        private Names(String... names) {
            this.names = Arrays.stream(names).map(UsageScanner::ascii).toArray(byte[][]::new);
            this.lengths =
                    Arrays.stream(names).mapToLong(name -> 1L << name.length()).reduce(0, (a, b) -> a | b);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}

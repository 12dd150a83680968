package io.llmproxy.gateway.privacy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Puts what was taken out of a request back into an answer that is one JSON list, element by element as they come, as Gemini streams
 * without {@code alt=sse}. What stands between elements goes before the later one. An element of more than {@value #MOST} bytes goes on as
 * it is, and so does what follows. One thread.
 */
final class ListRestoration {
    private static final int MOST = 32 * 1024 * 1024;
    private static final byte[] CANDIDATES = "\"candidates\"".getBytes(StandardCharsets.US_ASCII);

    /** Bytes of an element that is not complete, with what stands before it, readable without a copy. */
    private static final class Held extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }
    }

    private final Restorer restorer;
    private final Held held = new Held();
    /** Where the element begins among the bytes held; negative: it has not begun. */
    private int begin = -1;

    private int depth;
    private boolean quoted;
    private boolean escaped;
    private boolean first = true;
    private boolean over;

    ListRestoration(Restorer restorer) {
        this.restorer = restorer;
    }

    /** Takes what came, from the list's bracket on. */
    void feed(byte[] in, int from, int length, ByteArrayOutputStream out) {
        int at = from;
        int end = from + length;
        for (int i = from; i < end && !over; i++) {
            if (skips(in[i])) {
                continue;
            }
            boolean opens = in[i] == '[' || in[i] == '{';
            boolean closes = in[i] == ']' || in[i] == '}';
            if (opens && ++depth == 1) {
                out.write(in, at, i + 1 - at);
                at = i + 1;
                continue;
            }
            if (begin < 0 && depth > 0 && begins(in[i])) {
                begin = held.size() + i - at;
            }
            if (closes && --depth == 1) {
                held.write(in, at, i + 1 - at);
                at = i + 1;
                element(out);
            } else if (depth <= 1 && (closes || in[i] == ',')) {
                // an element that is neither object nor list has no end of its own
                held.write(in, at, i - at);
                at = i;
                element(out);
                over = closes;
            }
        }
        held.write(in, at, end - at);
        if (over || held.size() > MOST) {
            over = true;
            finish(out);
        }
    }

    /** Whether it is a part of a string, or its quotation mark behind the beginning of one. */
    private boolean skips(byte b) {
        if (!quoted) {
            quoted = b == '"';
            return quoted && begin >= 0;
        }
        quoted = escaped || b != '"';
        escaped = !escaped && b == '\\';
        return true;
    }

    private static boolean begins(byte b) {
        return b > ' ' && b != ',' && b != ']';
    }

    /** The element that is held is complete. */
    private void element(ByteArrayOutputStream out) {
        if (begin < 0) {
            return;
        }
        if (first) {
            // a text that is kept of it goes out behind others, and so needs a comma
            out.write(held.bytes(), 0, begin);
            ByteArrayOutputStream made = new ByteArrayOutputStream(held.size() + 1);
            made.write(',');
            made.write(held.bytes(), begin, held.size() - begin);
            ByteArrayOutputStream restored = new ByteArrayOutputStream(made.size());
            restorer.document(made.toByteArray(), made.size(), 1, made.size(), piece(), restored);
            out.write(restored.toByteArray(), 1, restored.size() - 1);
            first = false;
        } else {
            restorer.document(held.bytes(), held.size(), begin, held.size(), piece(), out);
        }
        held.reset();
        begin = -1;
    }

    /** Whether its texts may go on in the next one: not in lists of whole answers, which are to keep their length. */
    private boolean piece() {
        byte[] bytes = held.bytes();
        for (int i = begin; i <= held.size() - CANDIDATES.length; i++) {
            if (Arrays.equals(bytes, i, i + CANDIDATES.length, CANDIDATES, 0, CANDIDATES.length)) {
                return true;
            }
        }
        return false;
    }

    /** No more comes, or nothing more is looked at: what is kept and what is held goes out. */
    void finish(ByteArrayOutputStream out) {
        restorer.flush(out);
        out.write(held.bytes(), 0, held.size());
        held.reset();
    }
}

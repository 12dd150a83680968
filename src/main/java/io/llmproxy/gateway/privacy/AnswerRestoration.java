package io.llmproxy.gateway.privacy;

import io.llmproxy.gateway.scan.SseReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Puts what was taken out of a request back into its answer, as it comes: events, lines of JSON and elements of a JSON list one by one,
 * any other JSON document when it is whole, and so plain text. What is larger than {@value #MOST} bytes, and what is none of these, goes on as it is. One
 * thread.
 */
public final class AnswerRestoration implements SseReader.Listener {
    private static final int MOST = 32 * 1024 * 1024;
    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

    private enum Form {
        EVENTS,
        LINES,
        DOCUMENT,
        LIST,
        TEXT,
        OTHER
    }

    private Form form;
    private final Vault vault;
    private final Restorer restorer;
    private final SseReader reader = new SseReader(this);
    private final ListRestoration list;
    private final Held held = new Held();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private byte[] piece = {};
    private int taken;
    private boolean oversized;

    /** Bytes that came and are not complete, readable without a copy. */
    private static final class Held extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }
    }

    private AnswerRestoration(Form form, Vault vault) {
        this.form = form;
        this.vault = vault;
        this.restorer = new Restorer(vault);
        this.list = new ListRestoration(restorer);
    }

    /** @param contentType of the answer, which has no content coding */
    public static AnswerRestoration of(String contentType, Vault vault) {
        String type = contentType.toLowerCase(Locale.ROOT);
        Form form = type.startsWith("text/event-stream")
                ? Form.EVENTS
                : type.contains("ndjson") || type.contains("jsonl")
                        ? Form.LINES
                        : type.contains("json") ? Form.DOCUMENT : type.startsWith("text/") ? Form.TEXT : Form.OTHER;
        return new AnswerRestoration(form, vault);
    }

    /** Whether it changes anything of such an answer. */
    public boolean changes() {
        return form != Form.OTHER;
    }

    /** Takes what came, and gives what may go on; the array is its caller's. */
    public byte[] feed(byte[] in, int from, int length) {
        switch (form) {
            case EVENTS -> events(in, from, length);
            case LINES -> lines(in, from, length);
            case DOCUMENT -> document(in, from, length);
            case TEXT -> whole(in, from, length);
            case LIST -> list.feed(in, from, length, out);
            case OTHER -> out.write(in, from, length);
        }
        return given();
    }

    /** The answer is over: gives the rest. */
    public byte[] finish() {
        if (oversized) {
            return given();
        }
        switch (form) {
            case LINES -> {
                line(held.bytes(), held.size());
                restorer.flush(out);
            }
            case LIST -> list.finish(out);
            case DOCUMENT -> restorer.document(held.bytes(), held.size(), 0, held.size(), false, out);
            case TEXT ->
                out.writeBytes(vault.restored(held.toString(StandardCharsets.UTF_8), false, false)
                        .getBytes(StandardCharsets.UTF_8));
            case EVENTS -> {
                restorer.flush(out);
                out.write(held.bytes(), 0, held.size());
            }
            case OTHER -> {}
        }
        held.reset();
        return given();
    }

    private byte[] given() {
        byte[] given = out.toByteArray();
        out.reset();
        return given;
    }

    /** What it is its first sign tells. */
    private void document(byte[] in, int from, int length) {
        int at = from;
        while (held.size() == 0 && !oversized && at < from + length && in[at] <= ' ' && in[at] >= 0) {
            at++;
        }
        out.write(in, from, at - from);
        if (held.size() == 0 && !oversized && at < from + length && in[at] == '[') {
            form = Form.LIST;
            list.feed(in, at, from + length - at, out);
        } else {
            whole(in, at, from + length - at);
        }
    }

    private void whole(byte[] in, int from, int length) {
        if (oversized || held.size() + (long) length > MOST) {
            overflow();
            out.write(in, from, length);
        } else {
            held.write(in, from, length);
        }
    }

    private void overflow() {
        oversized = true;
        out.write(held.bytes(), 0, held.size());
        held.reset();
    }

    private void lines(byte[] in, int from, int length) {
        int at = from;
        for (int i = from; i < from + length; i++) {
            if (in[i] == '\n') {
                held.write(in, at, i + 1 - at);
                line(held.bytes(), held.size());
                held.reset();
                at = i + 1;
            }
        }
        held.write(in, at, from + length - at);
    }

    private void line(byte[] bytes, int length) {
        if (length > 0) {
            restorer.document(bytes, length, 0, length, true, out);
        }
    }

    private void events(byte[] in, int from, int length) {
        piece = in;
        taken = from;
        reader.feed(in, from, length);
        held.write(in, taken, from + length - taken);
        if (held.size() > MOST) {
            out.write(held.bytes(), 0, held.size());
            held.reset();
        }
    }

    @Override
    public void data(byte[] in, int from, int length) {}

    @Override
    public void eventEnd(int next) {
        held.write(piece, taken, next - taken);
        taken = next;
        event(held.bytes(), held.size());
        held.reset();
    }

    /** Restores the one line of data of an event; an event of more lines, or of none, goes on as it is. */
    private void event(byte[] bytes, int length) {
        int from = -1;
        int to = -1;
        int at = 0;
        while (at < length) {
            int end = at;
            while (end < length && bytes[end] != '\n' && bytes[end] != '\r') {
                end++;
            }
            if (starts(bytes, at, end)) {
                if (from >= 0) {
                    from = -1;
                    break;
                }
                from = at + DATA.length;
                to = end;
            }
            at = end + 1;
        }
        if (from < 0) {
            out.write(bytes, 0, length);
        } else {
            restorer.document(bytes, length, from, to, true, out);
        }
    }

    private static boolean starts(byte[] bytes, int at, int end) {
        if (end - at < DATA.length) {
            return false;
        }
        for (int i = 0; i < DATA.length; i++) {
            if (bytes[at + i] != DATA[i]) {
                return false;
            }
        }
        return true;
    }
}

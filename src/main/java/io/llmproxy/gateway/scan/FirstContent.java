package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.TokenUsage;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Tells when an answer says its first thing of worth, or that it fails. Events that only announce an answer, as {@code message_start},
 * {@code response.created} or a chat chunk with nothing but a role, are neither. Looks at the beginning of each event, line or document
 * as it goes by, in bounded memory and without a tree; what it does not know is content.
 */
public final class FirstContent implements SseReader.Listener, AutoCloseable {
    /** What the answer has said so far. */
    public enum Verdict {
        NOTHING,
        CONTENT,
        /** The provider says that it failed. */
        ERROR,
        /** It is no JSON, though it has to be. */
        UNREADABLE
    }

    /** How an answer is made of documents. */
    public enum Form {
        /** One in each event. */
        EVENTS,
        /** One in each line. */
        LINES,
        /** One, or a list of them. */
        DOCUMENT
    }

    private static final int MOST_KEPT = 1024;

    private final Form form;
    private final byte[] event = new byte[MOST_KEPT];
    private final SseReader reader = new SseReader(this);
    private final @Nullable UsageTap body;
    private int kept;
    private boolean judged;
    private boolean heard;
    private Verdict verdict = Verdict.NOTHING;

    /** Of a stream of events. */
    public FirstContent() {
        this(Form.EVENTS, "");
    }

    /** @param coding the content coding that the body comes in; empty: none; of one that cannot be read here, all is content */
    public FirstContent(Form form, String coding) {
        this.form = form;
        this.body = UsageTap.decoded(new Decoded(), coding);
        if (body == null) {
            verdict = Verdict.CONTENT;
        }
    }

    /** The verdict after these bytes; the first one that is not {@link Verdict#NOTHING} stands. */
    public Verdict feed(byte[] in, int from, int length) {
        if (body != null) {
            body.feed(in, from, length);
        }
        return verdict;
    }

    /** The verdict where nothing follows. */
    public Verdict end() {
        if (form != Form.EVENTS && kept > 0) {
            judge(true);
        }
        return verdict;
    }

    /** Whether there has been no event, line or document at all, or the beginning of one. */
    public boolean silent() {
        return !heard;
    }

    private void plain(byte[] in, int from, int length) {
        if (verdict != Verdict.NOTHING) {
            return;
        }
        switch (form) {
            case EVENTS -> reader.feed(in, from, length);
            case LINES -> lines(in, from, from + length);
            case DOCUMENT -> {
                keep(in, from, length);
                judge(false);
            }
        }
    }

    private void lines(byte[] in, int from, int to) {
        int at = from;
        for (int i = from; i < to; i++) {
            if (in[i] == '\n') {
                data(in, at, i - at);
                eventEnd(i + 1);
                at = i + 1;
            }
        }
        data(in, at, to - at);
    }

    @Override
    public void data(byte[] in, int from, int length) {
        keep(in, from, length);
        if (kept == MOST_KEPT) {
            judge(true);
        }
    }

    @Override
    public void eventEnd(int next) {
        if (kept > 0) {
            judge(true);
        }
        kept = 0;
        judged = false;
    }

    /** The space before a document is not kept. */
    private void keep(byte[] in, int from, int length) {
        int at = from;
        while (kept == 0 && at < from + length && in[at] <= ' ' && in[at] >= 0) {
            at++;
        }
        int n = Math.min(from + length - at, MOST_KEPT - kept);
        System.arraycopy(in, at, event, kept, n);
        kept += n;
        heard |= kept > 0;
    }

    /**
     * By as much of an event as is kept: what begins an answer may repeat all of the request, and is no content for that.
     *
     * @param all whether no more of it will be kept
     */
    private void judge(boolean all) {
        if (verdict != Verdict.NOTHING || judged || kept == 0) {
            return;
        }
        if (form != Form.EVENTS && event[0] != '{' && event[0] != '[') {
            verdict = Verdict.UNREADABLE;
            return;
        }
        ErrorMember member = ErrorMember.in(event, kept);
        if (!member.whole() && !all && kept < MOST_KEPT) {
            return;
        }
        judged = true;
        verdict = member.said() ? failed() : form == Form.EVENTS ? said() : Verdict.CONTENT;
    }

    /** What is wrong with the request is wrong everywhere. */
    private Verdict failed() {
        String text = new String(event, 0, kept, StandardCharsets.UTF_8);
        boolean request = text.contains("invalid_request") || text.contains("INVALID_ARGUMENT");
        return request ? Verdict.CONTENT : Verdict.ERROR;
    }

    private Verdict said() {
        String json = new String(event, 0, kept, StandardCharsets.UTF_8)
                .replace(" ", "")
                .strip();
        return json.isEmpty() || announces(json) ? Verdict.NOTHING : Verdict.CONTENT;
    }

    private static boolean announces(String json) {
        return json.startsWith("{\"type\":\"message_start\"")
                || json.startsWith("{\"type\":\"ping\"")
                || json.startsWith("{\"type\":\"response.created\"")
                || json.startsWith("{\"type\":\"response.in_progress\"")
                || json.startsWith("{\"type\":\"response.queued\"")
                || json.contains("\"choices\":[]") && !json.contains("\"usage\":{")
                || roleAlone(json);
    }

    private static boolean roleAlone(String json) {
        int delta = json.indexOf("\"delta\":{");
        int end = delta < 0 ? -1 : json.indexOf('}', delta);
        if (end < 0) {
            return false;
        }
        String said = json.substring(delta + "\"delta\":{".length(), end)
                .replace("\"role\":\"assistant\"", "")
                .replace("\"content\":\"\"", "")
                .replace("\"content\":null", "")
                .replace("\"refusal\":null", "")
                .replace(",", "");
        return said.isEmpty() && !finished(json);
    }

    private static boolean finished(String json) {
        return json.contains("\"finish_reason\":\"");
    }

    /** Gives back what decoding took. */
    @Override
    public void close() {
        if (body != null) {
            body.usage();
        }
    }

    /** Hears the body without its coding. */
    private final class Decoded implements UsageTap {
        @Override
        public void feed(byte[] in, int from, int length) {
            plain(in, from, length);
        }

        @Override
        public TokenUsage usage() {
            return TokenUsage.NONE;
        }

        @Override
        public DeliveredText text() {
            return new DeliveredText();
        }
    }
}

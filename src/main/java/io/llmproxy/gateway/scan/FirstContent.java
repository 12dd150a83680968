package io.llmproxy.gateway.scan;

import java.nio.charset.StandardCharsets;

/**
 * Tells when a stream of events says its first thing of worth, or that it fails. Events that only announce an answer, as
 * {@code message_start}, {@code response.created} or a chat chunk with nothing but a role, are neither. Looks at the beginning of each
 * event; what it does not know is content.
 */
public final class FirstContent implements SseReader.Listener {
    /** What the stream has said so far. */
    public enum Verdict {
        NOTHING,
        CONTENT,
        /** The provider says that it failed. */
        ERROR
    }

    private static final int MOST_KEPT = 1024;

    private final byte[] event = new byte[MOST_KEPT];
    private final SseReader reader = new SseReader(this);
    private int kept;
    private boolean judged;
    private Verdict verdict = Verdict.NOTHING;

    /** The verdict after these bytes; the first one that is not {@link Verdict#NOTHING} stands. */
    public Verdict feed(byte[] in, int from, int length) {
        reader.feed(in, from, length);
        return verdict;
    }

    @Override
    public void data(byte[] in, int from, int length) {
        int n = Math.min(length, MOST_KEPT - kept);
        System.arraycopy(in, from, event, kept, n);
        kept += n;
        if (kept == MOST_KEPT) {
            judge();
        }
    }

    @Override
    public void eventEnd(int next) {
        if (kept > 0) {
            judge();
        }
        kept = 0;
        judged = false;
    }

    /** By as much of an event as is kept: what begins an answer may repeat all of the request, and is no content for that. */
    private void judge() {
        if (verdict == Verdict.NOTHING && !judged) {
            judged = true;
            verdict = judge(new String(event, 0, kept, StandardCharsets.UTF_8));
        }
    }

    private static Verdict judge(String data) {
        String json = data.replace(" ", "").strip();
        if (json.isEmpty()) {
            return Verdict.NOTHING;
        }
        boolean error = json.startsWith("{\"error\":") && !json.startsWith("{\"error\":null")
                || json.startsWith("{\"type\":\"error\"")
                || json.startsWith("{\"type\":\"response.failed\"");
        if (error) {
            // what is wrong with the request is wrong everywhere
            return json.contains("invalid_request") ? Verdict.CONTENT : Verdict.ERROR;
        }
        return announces(json) ? Verdict.NOTHING : Verdict.CONTENT;
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
}

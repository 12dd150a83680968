package io.llmproxy.gateway.scan;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** One change to bytes that otherwise stay as they are: at {@link #offset}, {@link #removed} bytes give way to others. */
public final class Splice {
    private final long offset;
    private final int removed;
    private final byte[] inserted;

    public Splice(long offset, int removed, String inserted) {
        this.offset = offset;
        this.removed = removed;
        this.inserted = inserted.getBytes(StandardCharsets.UTF_8);
    }

    public long offset() {
        return offset;
    }

    public int removed() {
        return removed;
    }

    /** Those of {@code some} that change no byte which one of the others changes; the others do not overlap. */
    public static List<Splice> beside(List<Splice> some, List<Splice> others) {
        if (some.isEmpty() || others.isEmpty()) {
            return some;
        }
        NavigableMap<Long, Splice> places = new TreeMap<>();
        others.forEach(other -> places.merge(other.offset, other, (a, b) -> a.removed < b.removed ? b : a));
        return some.stream().filter(one -> one.free(places)).toList();
    }

    private boolean free(NavigableMap<Long, Splice> places) {
        Map.Entry<Long, Splice> before = places.lowerEntry(offset + removed);
        return before == null || before.getValue().offset + before.getValue().removed <= offset;
    }

    public void writeTo(OutputStream out) throws IOException {
        out.write(inserted);
    }

    /** By how much the whole grows. */
    public int growth() {
        return inserted.length - removed;
    }

    /** A text as a JSON string, with its quotation marks. */
    public static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c) && !paired(text, i)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static boolean paired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}

package io.llmproxy.gateway.privacy;

import io.llmproxy.gateway.scan.MalformedException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts what a vault holds back into the documents of one answer. Where a placeholder is begun at the end of one piece of a text, that
 * end is kept for the next piece; where none comes, it goes out in a copy of the document that it was of. One thread.
 */
final class Restorer {
    /** The end of a text that is kept, and what is needed to send it alone: the frame of its document before and behind it. */
    private record Kept(String text, ByteArrayOutputStream before, ByteArrayOutputStream behind) {}

    /** A text of the document at hand whose end is to be kept. */
    private record Begun(AnswerTexts.Text text, String rest) {}

    /** A change of a document. */
    private record Change(int from, int to, String text) {}

    /** Strings among the pieces of texts that are none. */
    private static final Set<String> NAMES = Set.of("id", "type", "role", "name");
    /** Texts that may be begun at a time; nobody sends as many. */
    private static final int MOST_KEPT = 64;

    private final Vault vault;
    private final Map<String, Kept> kept = new LinkedHashMap<>();

    Restorer(Vault vault) {
        this.vault = vault;
    }

    /**
     * One document of a stream, or the only one of an answer.
     *
     * @param frame the document with what surrounds it on the wire
     * @param from where the document begins in it
     * @param stream whether texts may go on in later documents
     */
    void document(byte[] frame, int length, int from, int to, boolean stream, ByteArrayOutputStream out) {
        AnswerTexts texts;
        try {
            texts = new AnswerTexts(frame, from, to);
        } catch (MalformedException e) {
            flush(out);
            out.write(frame, 0, length);
            return;
        }
        boolean more = stream && !texts.last();
        List<Change> changes = new ArrayList<>();
        Map<String, Begun> begun = new LinkedHashMap<>();
        for (AnswerTexts.Text text : texts.texts()) {
            change(texts, text, more, changes, begun, frame);
        }
        if (!more || kept.size() > MOST_KEPT) {
            flush(out);
        }
        begun.forEach((channel, end) -> kept.put(channel, framed(end, texts, frame, length)));
        int at = 0;
        for (Change change : changes) {
            out.write(frame, at, change.from - at);
            out.writeBytes(change.text.getBytes(StandardCharsets.UTF_8));
            at = change.to;
        }
        out.write(frame, at, length - at);
    }

    private void change(
            AnswerTexts texts,
            AnswerTexts.Text text,
            boolean more,
            List<Change> changes,
            Map<String, Begun> begun,
            byte[] in) {
        boolean piece = text.piece() && !(kept.isEmpty() && !bracketed(in, text));
        if (!piece && !bracketed(in, text)) {
            return;
        }
        String came = texts.decoded(text);
        String channel = piece ? text.channel() : "";
        @Nullable Kept before = piece ? kept.remove(channel) : null;
        String whole = before == null ? came : before.text + came;
        boolean open = more && piece;
        String restored = vault.restored(whole, open, text.json());
        if (open && vault.begun(whole) < whole.length()) {
            begun.put(channel, new Begun(text, whole.substring(vault.begun(whole))));
        }
        if (!restored.equals(came)) {
            changes.add(new Change(text.start(), text.end(), JsonTextWriter.escaped(restored)));
        }
    }

    /** Whether the string has the sign that placeholders begin with, or an escape that may be one. */
    private static boolean bracketed(byte[] in, AnswerTexts.Text text) {
        for (int i = text.start(); i < text.end(); i++) {
            if (in[i] == '[' || in[i] == '\\' && in[i + 1] == 'u') {
                return true;
            }
        }
        return false;
    }

    /** The end with the document that it was of, all other pieces of text in it empty. */
    private static Kept framed(Begun begun, AnswerTexts texts, byte[] frame, int length) {
        ByteArrayOutputStream before = new ByteArrayOutputStream();
        ByteArrayOutputStream behind = new ByteArrayOutputStream();
        ByteArrayOutputStream out = before;
        int at = 0;
        for (AnswerTexts.Text other : texts.texts()) {
            if (other.equals(begun.text)) {
                out.write(frame, at, other.start() - at);
                out = behind;
                at = other.end();
            } else if (other.piece() && !NAMES.contains(other.name())) {
                out.write(frame, at, other.start() - at);
                at = other.end();
            }
        }
        out.write(frame, at, length - at);
        return new Kept(begun.rest, before, behind);
    }

    /** No more pieces come: what is kept goes out. */
    void flush(ByteArrayOutputStream out) {
        kept.values().forEach(end -> {
            out.writeBytes(end.before.toByteArray());
            out.writeBytes(JsonTextWriter.escaped(end.text).getBytes(StandardCharsets.UTF_8));
            out.writeBytes(end.behind.toByteArray());
        });
        kept.clear();
    }

    /** How many characters are kept. */
    int held() {
        return kept.values().stream().mapToInt(end -> end.text.length()).sum();
    }
}

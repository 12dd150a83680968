package io.llmproxy.gateway.scan;

import io.llmproxy.domain.chat.SignedCallId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds, in the one scan of a request, the ids of calls that have a signature in them, which mean nothing to a provider that did not sign
 * and are too long for most. Texts are judged by their length and their first characters; of one request so many are found as it may name objects.
 */
final class SignedIds {
    /** No signed one is shorter, with its quotation marks. */
    static final int LEAST = SignedCallId.PREFIX.length() + 10;

    private static final byte[] BEGINNING = ("\"" + SignedCallId.PREFIX).getBytes(StandardCharsets.US_ASCII);

    private @Nullable List<Splice> changes;

    /**
     * Looks at a text of at least {@link #LEAST} bytes, and at most as many as a window keeps.
     *
     * @param from index of its quotation mark
     * @param to index behind its end
     * @param offset of the quotation mark in the whole input
     */
    void look(byte[] in, int from, int to, long offset) {
        if (changes != null && changes.size() >= ReferenceScan.MAX || !ByteSearch.equal(in, from, BEGINNING)) {
            return;
        }
        int end = Math.min(to - 1, from + 1 + SignedCallId.BEGINNING);
        String beginning = new String(in, from + 1, end - from - 1, StandardCharsets.ISO_8859_1);
        String plain = SignedCallId.plain(beginning);
        if (plain.length() < beginning.length()) {
            add(new Splice(offset, to - from, Splice.quoted(plain)));
        }
    }

    private void add(Splice change) {
        List<Splice> all = changes;
        if (all == null) {
            all = new ArrayList<>();
            changes = all;
        }
        all.add(change);
    }

    /** What leaves the plain ids in their places. */
    List<Splice> changes() {
        List<Splice> all = changes;
        return all == null ? List.of() : all;
    }
}

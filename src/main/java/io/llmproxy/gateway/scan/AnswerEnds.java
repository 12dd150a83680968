package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.AnswerFacts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the beginning and the end of an answer while it goes by, in bounded memory, and finds there what it says of itself: its id and
 * model stand first in every dialect but Google's, which has them last, as all have the reason why they ended.
 *
 * <p>A quote within a JSON string is escaped, so that a name in its quotes, a colon and a value in quotes are never content. Of an
 * answer in a content coding nothing is found.
 */
public final class AnswerEnds {
    private static final int HEAD = 1024;
    private static final int TAIL = 4096;
    private static final int MOST_REASONS = 8;

    private static final Pattern ID = Pattern.compile("\"(?:id|responseId)\"\\s*:\\s*\"([A-Za-z0-9._:/-]{1,128})\"");
    private static final Pattern MODEL =
            Pattern.compile("\"(?:model|modelVersion)\"\\s*:\\s*\"([A-Za-z0-9._:/@ +-]{1,128})\"");
    private static final Pattern REASON =
            Pattern.compile("\"(?:finish_reason|finishReason|stop_reason|done_reason)\"\\s*:\\s*\"([A-Za-z_]{1,32})\"");

    private final byte[] head = new byte[HEAD];
    private int headLength;
    private final byte[] tail = new byte[TAIL];
    private long tailLength;

    public void feed(byte[] in, int from, int length) {
        int first = Math.min(length, HEAD - headLength);
        System.arraycopy(in, from, head, headLength, first);
        headLength += first;
        int skipped = Math.max(first, length - TAIL);
        for (int i = from + skipped; i < from + length; ) {
            int at = (int) (tailLength % TAIL);
            int count = Math.min(TAIL - at, from + length - i);
            System.arraycopy(in, i, tail, at, count);
            tailLength += count;
            i += count;
        }
    }

    /** What was found so far. */
    public AnswerFacts facts() {
        String beginning = text(head, 0, headLength);
        String end = end();
        return new AnswerFacts(first(ID, beginning, end), first(MODEL, beginning, end), reasons(beginning, end));
    }

    private String end() {
        int at = (int) (tailLength % TAIL);
        return tailLength <= TAIL ? text(tail, 0, (int) tailLength) : text(tail, at, TAIL - at) + text(tail, 0, at);
    }

    private static String text(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    private static @Nullable String first(Pattern wanted, String beginning, String end) {
        Matcher found = wanted.matcher(beginning);
        if (found.find()) {
            return found.group(1);
        }
        Matcher later = wanted.matcher(end);
        return later.find() ? later.group(1) : null;
    }

    private static List<String> reasons(String beginning, String end) {
        List<String> reasons = new ArrayList<>();
        for (String part : List.of(beginning, end)) {
            Matcher found = REASON.matcher(part);
            while (found.find() && reasons.size() < MOST_REASONS) {
                reasons.add(found.group(1));
            }
        }
        return reasons;
    }
}

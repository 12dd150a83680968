package io.llmproxy.gateway.privacy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What was taken out of one request, by its placeholder, for as long as the request runs. One thread writes, and then one reads. */
public final class Vault {
    private static final int MOST_NAME = 48;

    /**
     * What was taken out.
     *
     * @param json whether it is a part of a text that is JSON itself, with the escapes of that
     */
    private record Original(String text, boolean json) {
        String in(boolean anotherJson) {
            return json == anotherJson ? text : json ? JsonTextWriter.unescaped(text) : JsonTextWriter.escaped(text);
        }

        /** Whether it is written in JSON as it is elsewhere. */
        static boolean plain(String text) {
            return text.chars().allMatch(c -> c >= ' ' && c != '"' && c != '\\');
        }
    }

    private final Map<String, String> placeholders = new HashMap<>();
    private final Map<String, Original> originals = new HashMap<>();
    private final TreeSet<String> sorted = new TreeSet<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final int first;

    /** @param first the number of the first placeholder of each kind */
    Vault(int first) {
        this.first = first;
    }

    /** The text has something that looks like a placeholder, which must not become one. */
    void taken(String text) {
        for (int at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) {
            int end = end(text, at);
            if (end < text.length() && text.charAt(end) == ']') {
                taken.add(text.substring(at, end + 1));
            }
        }
    }

    /** The placeholder of a text: the same one for the same text. */
    String placeholder(String label, String text, boolean inJson) {
        Original original = new Original(text, inJson && !Original.plain(text));
        String key = label + (original.json ? '\1' : '\0') + text;
        String known = placeholders.get(key);
        if (known != null) {
            return known;
        }
        String made;
        do {
            int number = numbers.merge(label, 1, Integer::sum) - 1 + first;
            made = "[" + label + "_" + number + "]";
        } while (taken.contains(made));
        placeholders.put(key, made);
        originals.put(made, original);
        sorted.add(made);
        return made;
    }

    boolean isEmpty() {
        return originals.isEmpty();
    }

    /**
     * Puts back what was taken out.
     *
     * @param more whether the text may go on, so that a placeholder begun at its end is left out; it is {@link #begun}
     * @param json whether the text is JSON itself, in which what is put back is escaped
     */
    String restored(String text, boolean more, boolean json) {
        int at = text.indexOf('[');
        if (at < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 64).append(text, 0, at);
        int length = more ? begun(text) : text.length();
        while (at < length) {
            int end = text.charAt(at) == '[' ? end(text, at) : at;
            Original original = end > at && end < text.length() && text.charAt(end) == ']'
                    ? originals.get(text.substring(at, end + 1))
                    : null;
            if (original == null) {
                out.append(text.charAt(at++));
            } else {
                out.append(original.in(json));
                at = end + 1;
            }
        }
        return out.toString();
    }

    /** Where a placeholder begins that may go on behind the end of the text; its length where there is none. */
    int begun(String text) {
        int at = text.lastIndexOf('[');
        if (at < 0 || end(text, at) < text.length()) {
            return text.length();
        }
        String tail = text.substring(at);
        @Nullable String next = sorted.ceiling(tail);
        return next != null && next.startsWith(tail) ? at : text.length();
    }

    /** Behind the last character that may belong to the name of a placeholder. */
    private static int end(String text, int at) {
        int end = at + 1;
        while (end < text.length() && end - at <= MOST_NAME && inName(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean inName(char c) {
        return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
    }

    /** How many things it holds; what they are it does not say. */
    @Override
    public String toString() {
        return "Vault[" + originals.size() + "]";
    }
}

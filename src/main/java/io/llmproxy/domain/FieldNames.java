package io.llmproxy.domain;

import java.util.Arrays;
import java.util.List;

/**
 * A fixed set of header field names, which compare without regard to case (RFC 9110, section 5.1). A look-up allocates
 * nothing and compares only with names of the same length, if one of them has that first letter. Immutable.
 */
public final class FieldNames {
    private final String[][] byLength;
    // one word of bits for each length: the first letters that its names have
    private final long[] firsts;
    // a bit for each name, as HeaderFields numbers them
    private final long numbers;

    private FieldNames(List<String> names) {
        int longest = names.stream().mapToInt(String::length).max().orElse(0);
        byLength = new String[longest + 1][];
        firsts = new long[longest + 1];
        names.forEach(name -> firsts[name.length()] |= first(name));
        for (int i = 0; i <= longest; i++) {
            int length = i;
            byLength[i] = names.stream().filter(name -> name.length() == length).toArray(String[]::new);
        }
        numbers = names.stream()
                .mapToLong(name -> 1L << HeaderFields.number(name))
                .reduce(0, (a, b) -> a | b);
    }

    private static long first(String name) {
        return name.isEmpty() ? 1 : 1L << (name.charAt(0) | 0x20);
    }

    public static FieldNames of(String... names) {
        return new FieldNames(Arrays.asList(names));
    }

    /** Whether one of these names may have that number, as {@link HeaderFields#number} has it. */
    boolean mayHold(int number) {
        return (numbers >>> number & 1) != 0;
    }

    public boolean contains(String name) {
        if (name.length() >= byLength.length || (firsts[name.length()] & first(name)) == 0) {
            return false;
        }
        for (String candidate : byLength[name.length()]) {
            if (candidate.equalsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }
}

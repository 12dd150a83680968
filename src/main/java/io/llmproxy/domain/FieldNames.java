package io.llmproxy.domain;

import java.util.Arrays;
import java.util.List;

/**
 * A fixed set of header field names, which compare without regard to case (RFC 9110, section 5.1). A look-up allocates
 * nothing and compares only with names of the same length. Immutable.
 */
public final class FieldNames {
    private final String[][] byLength;

    private FieldNames(List<String> names) {
        int longest = names.stream().mapToInt(String::length).max().orElse(0);
        byLength = new String[longest + 1][];
        for (int i = 0; i <= longest; i++) {
            int length = i;
            byLength[i] = names.stream().filter(name -> name.length() == length).toArray(String[]::new);
        }
    }

    public static FieldNames of(String... names) {
        return new FieldNames(Arrays.asList(names));
    }

    public boolean contains(String name) {
        if (name.length() >= byLength.length) {
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

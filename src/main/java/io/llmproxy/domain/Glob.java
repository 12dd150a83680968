package io.llmproxy.domain;

/**
 * A pattern over names, in which {@code *} stands for any run of characters and every other character for itself.
 * Matching is linear in practice (one restart point) and case-sensitive, as model names are.
 */
public record Glob(String pattern) implements Comparable<Glob> {
    public Glob {
        Checks.text("pattern", pattern, 256);
    }

    public boolean matches(String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                mark = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++mark;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /** A name without a star, which matches itself alone. */
    public boolean exact() {
        return pattern.indexOf('*') < 0;
    }

    /** The number of characters that stand for themselves: the more, the more specific. */
    public int literals() {
        int n = 0;
        for (int i = 0; i < pattern.length(); i++) {
            if (pattern.charAt(i) != '*') {
                n++;
            }
        }
        return n;
    }

    /** The most specific first: exact names, then by the number of literal characters, then by text. */
    @Override
    public int compareTo(Glob other) {
        if (exact() != other.exact()) {
            return exact() ? -1 : 1;
        }
        int byLiterals = Integer.compare(other.literals(), literals());
        return byLiterals != 0 ? byLiterals : pattern.compareTo(other.pattern);
    }

    @Override
    public String toString() {
        return pattern;
    }
}

package io.llmproxy.domain.privacy;

import java.util.ArrayList;
import java.util.List;

/** A set of characters, as a pattern names it. Immutable once it is built. */
public final class CharSet {
    /** Pairs of the first and the last of a range. */
    private final List<int[]> ranges = new ArrayList<>();

    private final boolean[] ascii = new boolean[128];
    private boolean negated;

    CharSet add(int from, int to) {
        ranges.add(new int[] {from, to});
        for (int c = from; c <= Math.min(to, 127); c++) {
            ascii[c] = true;
        }
        return this;
    }

    CharSet addAll(CharSet other) {
        for (int c = 0; c < 128; c++) {
            ascii[c] |= other.contains((char) c);
        }
        if (other.negated) {
            // all that a negated class leaves out is ASCII
            ranges.add(new int[] {128, Character.MAX_VALUE});
        } else {
            other.ranges.stream().filter(r -> r[1] >= 128).forEach(ranges::add);
        }
        return this;
    }

    CharSet negate() {
        negated = !negated;
        return this;
    }

    /** Adds the other case of each ASCII letter. */
    CharSet foldCase() {
        for (int c = 'a'; c <= 'z'; c++) {
            boolean either = ascii[c] || ascii[c - 32];
            ascii[c] = either;
            ascii[c - 32] = either;
        }
        return this;
    }

    public boolean contains(char c) {
        return (c < 128 ? ascii[c] : inRanges(c)) != negated;
    }

    private boolean inRanges(char c) {
        for (int[] range : ranges) {
            if (c >= range[0] && c <= range[1]) {
                return true;
            }
        }
        return false;
    }
}

package io.llmproxy.bench;

import java.util.BitSet;

/** Which chunks of one stream came, by their numbers. */
final class ChunkCount {
    private final int expected;
    private final BitSet seen = new BitSet();
    private int highest = -1;
    private long duplicated;
    private long reordered;

    ChunkCount(int expected) {
        this.expected = expected;
    }

    void add(int number) {
        if (seen.get(number)) {
            duplicated++;
            return;
        }
        seen.set(number);
        if (number < highest) {
            reordered++;
        }
        highest = Math.max(highest, number);
    }

    long received() {
        return seen.cardinality();
    }

    int lost() {
        return expected - seen.get(0, expected).cardinality();
    }

    long duplicated() {
        return duplicated;
    }

    /** Chunks that came behind one with a higher number. */
    long reordered() {
        return reordered;
    }
}

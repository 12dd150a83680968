package io.llmproxy.adapter.jdbc;

/**
 * Where the parts of the index of the ledger lie. What is stored hangs on these numbers.
 *
 * @param bits of the number of a record that tell its place in its segment
 */
record IndexLayout(int bits) {
    /** Segments of 32,768 records: what is not indexed yet is read quickly, and a hundred million records are 3,000 segments. */
    static final IndexLayout USUAL = new IndexLayout(15);

    /** Parts with hashes, by the first six bits of the hash. */
    static final int BUCKETS = 64;
    /** The part with the blocks. */
    static final int BLOCKS = 127;

    private static final int BUCKET_SHIFT = Integer.SIZE - 6;
    private static final int PARTS = 128;

    int records() {
        return 1 << bits;
    }

    long segment(long seq) {
        return seq >> bits;
    }

    /** The number with which it begins. */
    long begin(long segment) {
        return segment << bits;
    }

    static int bucket(int hash) {
        return hash >>> BUCKET_SHIFT;
    }

    static long id(long segment, int part) {
        return segment * PARTS + part;
    }

    static long segmentOf(long id) {
        return Math.floorDiv(id, PARTS);
    }
}

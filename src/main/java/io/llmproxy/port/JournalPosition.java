package io.llmproxy.port;

/**
 * A place between two records of a journal.
 *
 * @param segment the number of the file
 * @param offset in bytes
 */
public record JournalPosition(long segment, long offset) implements Comparable<JournalPosition> {
    /** Before all records. */
    public static final JournalPosition START = new JournalPosition(0, 0);

    @Override
    public int compareTo(JournalPosition o) {
        int bySegment = Long.compare(segment, o.segment);
        return bySegment != 0 ? bySegment : Long.compare(offset, o.offset);
    }
}

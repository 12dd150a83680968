package io.llmproxy.gateway.live;

/** How long things took: counts by size, each class an eighth of an octave wide at most. One thread at a time. */
final class Times {
    private static final int EIGHTHS = 3;
    private static final int CLASSES = (64 - EIGHTHS) << EIGHTHS;
    private final int[] counts = new int[CLASSES];
    private long all;

    void add(long micros) {
        counts[index(Math.max(0, micros))]++;
        all++;
    }

    void add(Times other) {
        for (int i = 0; i < CLASSES; i++) {
            counts[i] += other.counts[i];
        }
        all += other.all;
    }

    /** In microseconds, to some percent; -1: nothing was counted. */
    long quantile(double q) {
        long rank = (long) Math.ceil(q * all);
        long seen = 0;
        for (int i = 0; i < CLASSES; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                return middle(i);
            }
        }
        return -1;
    }

    private static int index(long micros) {
        int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(micros | 1) - EIGHTHS);
        return (shift << EIGHTHS) + (int) (micros >> shift);
    }

    private static long middle(int index) {
        int shift = Math.max(0, (index >> EIGHTHS) - 1);
        long base = (long) (index - (shift << EIGHTHS)) << shift;
        return base + (1L << shift) / 2;
    }
}

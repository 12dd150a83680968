package io.llmproxy.adapter.jdbc;

import java.util.UUID;

/** A set of the ids of one part of all: two numbers an entry in one array. */
final class RequestIds {
    private static final long SPREAD = 0x9E3779B97F4A7C15L;
    private final int pass;
    private final int passes;
    private long[] slots;
    private int count;

    /** @param expected a guess */
    RequestIds(int expected, int pass, int passes) {
        this.pass = pass;
        this.passes = passes;
        this.slots = new long[4 * Integer.highestOneBit(Math.max(16, expected))];
    }

    /** False where it is there already; ids of other parts are not looked at. */
    boolean add(UUID id) {
        long high = id.getMostSignificantBits();
        long low = id.getLeastSignificantBits();
        long hash = (high ^ low) * SPREAD;
        if ((hash >>> 33) % passes != pass) {
            return true;
        }
        if (!put(slots, high, low, hash)) {
            return false;
        }
        count++;
        if (count > slots.length / 4) {
            grow();
        }
        return true;
    }

    /** An id of zeros is none that a request has: its slot is an empty one. */
    private static boolean put(long[] slots, long high, long low, long hash) {
        int mask = slots.length / 2 - 1;
        int at = (int) hash & mask;
        while (slots[2 * at] != 0 || slots[2 * at + 1] != 0) {
            if (slots[2 * at] == high && slots[2 * at + 1] == low) {
                return false;
            }
            at = at + 1 & mask;
        }
        slots[2 * at] = high;
        slots[2 * at + 1] = low;
        return true;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[Math.multiplyExact(old.length, 2)];
        for (int i = 0; i < old.length; i += 2) {
            if (old[i] != 0 || old[i + 1] != 0) {
                put(slots, old[i], old[i + 1], (old[i] ^ old[i + 1]) * SPREAD);
            }
        }
    }

    int count() {
        return count;
    }
}

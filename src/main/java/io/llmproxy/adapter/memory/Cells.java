package io.llmproxy.adapter.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Numbers that many threads change. Those that are made one after another lie side by side in memory: the numbers of one request's
 * limits are made by the first of its kind and changed together by all that follow, so that processors take two lines of memory
 * from each other, and not one for each limit. Thread-safe.
 */
final class Cells {
    private static final VarHandle NUMBER = MethodHandles.arrayElementVarHandle(long[].class);

    private volatile Row last = new Row();

    private static final class Row {
        /** As many as fit into a line of memory. */
        static final int TOGETHER = 8;

        final long[] numbers = new long[TOGETHER];
        final AtomicInteger taken = new AtomicInteger();
    }

    private record Place(Row row, int index) {}

    /** One of the numbers. */
    abstract static class Cell {
        /** Where it stands, for who has many of them and keeps the places side by side. */
        final long[] numbers;

        final int index;

        Cell(Cells cells, long number) {
            Place place = cells.next();
            numbers = place.row.numbers;
            index = place.index;
            NUMBER.setVolatile(numbers, index, number);
        }

        final long number() {
            return Cells.number(numbers, index);
        }

        /** Whether it was {@code before}, and is {@code after} now. */
        final boolean change(long before, long after) {
            return Cells.change(numbers, index, before, after);
        }
    }

    static long number(long[] numbers, int index) {
        return (long) NUMBER.getVolatile(numbers, index);
    }

    /** Whether it was {@code before}, and is {@code after} now. */
    static boolean change(long[] numbers, int index, long before, long after) {
        return NUMBER.compareAndSet(numbers, index, before, after);
    }

    private Place next() {
        Row row = last;
        int index = row.taken.getAndIncrement();
        while (index >= Row.TOGETHER) {
            // two that do this at once leave a row with places over, which nobody misses
            row = new Row();
            index = row.taken.getAndIncrement();
            last = row;
        }
        return new Place(row, index);
    }
}

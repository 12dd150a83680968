package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keyset paging: one row more than asked for tells whether another page follows. */
final class Pages {
    private Pages() {}

    /** @param rows at most {@code limit + 1} */
    static <T> Page<T> of(List<T> rows, int limit, Function<T, String> key) {
        if (rows.size() <= limit) {
            return new Page<>(rows, null);
        }
        List<T> items = rows.subList(0, limit);
        return new Page<>(items, key.apply(items.getLast()));
    }

    /** The row number in a cursor; {@code start} where there is none. */
    static long position(@Nullable String cursor, long start) {
        if (cursor == null) {
            return start;
        }
        try {
            return Long.parseLong(cursor);
        } catch (NumberFormatException e) {
            throw new InvalidValueException("cursor", "is none that this list gave out");
        }
    }
}

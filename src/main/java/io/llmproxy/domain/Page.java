package io.llmproxy.domain;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list that is ordered by a unique key.
 *
 * @param next the key after which the next page begins, or null where this is the last
 */
public record Page<T>(List<T> items, @Nullable String next) {
    public Page {
        items = List.copyOf(items);
    }

    public <R> Page<R> map(Function<? super T, ? extends R> mapper) {
        return new Page<>(items.stream().<R>map(mapper).toList(), next);
    }

    /** What page is asked for: at most {@code limit} items after the key {@code after}. */
    public record Request(int limit, @Nullable String after) {
        public static final int MAX = 1000;

        public Request {
            Checks.atLeast("limit", limit, 1);
            limit = Math.min(limit, MAX);
        }

        public static Request first(int limit) {
            return new Request(limit, null);
        }
    }
}

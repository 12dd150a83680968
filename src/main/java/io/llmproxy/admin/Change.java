package io.llmproxy.admin;

import org.jspecify.annotations.Nullable;

/**
 * What an update says of one field: nothing, a new value, or that it be cleared.
 *
 * @param named whether the update speaks of the field at all
 * @param value the new value; null where the field is to be cleared or is not named
 */
public record Change<T>(boolean named, @Nullable T value) {
    public static <T> Change<T> none() {
        return new Change<>(false, null);
    }

    public static <T> Change<T> to(@Nullable T value) {
        return new Change<>(true, value);
    }

    /** The field after the update. */
    public @Nullable T over(@Nullable T current) {
        return named ? value : current;
    }

    /** The field after the update, where clearing it means a certain value. */
    public T over(T current, T cleared) {
        T given = value;
        return !named ? current : given == null ? cleared : given;
    }
}

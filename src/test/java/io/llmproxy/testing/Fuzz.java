package io.llmproxy.testing;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What fuzz targets say of what they find. */
public final class Fuzz {
    private Fuzz() {}

    public static void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }

    public static void same(@Nullable Object actual, @Nullable Object expected, String what) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(what + "\n  expected " + expected + "\n  but was  " + actual);
        }
    }
}

package io.llmproxy.bench;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How many requests failed, and the first one's reason. */
final class Faults {
    private long count;
    private @Nullable String first;

    void add(String reason) {
        count++;
        if (first == null) {
            first = reason;
        }
    }

    void add(IOException why) {
        add(why.getMessage() == null ? why.toString() : why.getMessage());
    }

    /** What should have been and is not. */
    void missing(long count, String what) {
        if (count > 0) {
            add(what);
            this.count += count - 1;
        }
    }

    long count() {
        return count;
    }

    @Nullable
    String first() {
        return first;
    }
}

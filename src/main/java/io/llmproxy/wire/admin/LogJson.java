package io.llmproxy.wire.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of the process.
 *
 * @param file where it goes; null: to standard error
 * @param journal whether systemd's journal reads standard error
 * @param fault what is wrong with it and what to do; null: nothing
 * @param levels the one of {@code all} loggers, then of those that have one of their own
 */
public record LogJson(
        @Nullable String file, boolean journal, @Nullable String fault, List<Level> levels) {
    /** The level of a logger and of those below it: {@code debug}, {@code info}, {@code warn} or {@code error}. */
    public record Level(String logger, String level) {}
}

package io.llmproxy.port;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The log of this process, as administration sees it. Thread-safe. */
public interface LogControl {
    /** From the most to the least talkative. */
    enum Threshold {
        DEBUG,
        INFO,
        WARN,
        ERROR;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How many loggers may have a level of their own. */
    int MOST = 100;

    /** The levels that were set, by logger, in the order of their names; the one of all others stands first, under "". */
    Map<String, Threshold> levels();

    /**
     * Sets the level of a logger and of those below it, until the process ends.
     *
     * @param logger as {@code io.llmproxy.gateway}; "": all that have no level of their own
     * @param level null: what it was at the start
     * @throws io.llmproxy.domain.error.InvalidValueException where {@link #MOST} loggers have one
     */
    void set(String logger, @Nullable Threshold level);

    /** Where lines go; null: to standard error alone. */
    @Nullable
    Path file();

    /** Whether systemd's journal reads standard error. */
    boolean journal();

    /** The last warnings and errors, the oldest first, as lines; a thousand at most. */
    List<String> recent();

    /** What is wrong with the log and what to do; null: nothing. */
    @Nullable
    String fault();
}

package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.TableSink;
import java.util.function.Consumer;

/**
 * What the change of a schema needs from outside.
 *
 * @param program what changes it, as {@code llmproxy 1.2.3}; kept beside each step, so that an older program can say who it was
 * @param before called before an embedded database that holds something is changed
 */
public record Upgrade(String program, BeforeMigration before) {
    /** Nothing is done before. */
    public static Upgrade by(String program) {
        return new Upgrade(program, (from, to, copy) -> {});
    }

    /** Keeps what is there. */
    @FunctionalInterface
    public interface BeforeMigration {
        /**
         * Blocks; what it throws stops the change, of which nothing was done.
         *
         * @param from the version of the schema
         * @param to what it becomes
         * @param copy gives all rows of all tables to a sink
         */
        void keep(String from, String to, Consumer<TableSink> copy);

        /** Called when the change after {@link #keep} was made, whole; not where it failed. */
        default void changed() {}
    }
}

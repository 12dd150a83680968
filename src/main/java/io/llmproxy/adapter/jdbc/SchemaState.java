package io.llmproxy.adapter.jdbc;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a database's schema is.
 *
 * @param version the newest migration that was made; null: none, the database is empty
 * @param program what made it; null: nobody knows
 * @param known the newest that this program knows
 * @param pending what is still to be done, in order
 */
public record SchemaState(
        @Nullable String version, @Nullable String program, String known, List<Step> pending) {
    public SchemaState {
        pending = List.copyOf(pending);
    }

    /** One script. */
    public record Step(String version, String name, List<String> statements) {
        public Step {
            statements = List.copyOf(statements);
        }
    }

    /** The newest version that this program knows. */
    public static String newest() {
        return MigrationScript.all().getLast().version();
    }

    /** Whether a later program than this one changed it. */
    public boolean newer() {
        return version != null && Integer.parseInt(version) > Integer.parseInt(known);
    }
}

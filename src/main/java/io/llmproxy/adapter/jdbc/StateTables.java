package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableLayout.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The tables that make up the state, those that others refer to first. Named here, since a database may hold tables of others
 * too; a table that a migration adds must be added here, and a test says so.
 */
final class StateTables {
    /** Rows that a migration puts there, so that they are in an empty state too. */
    private static final List<String> SEEDED = List.of("managed_state", "usage_head");

    static final List<String> NAMES = List.of(
            "managed_state",
            "tenants",
            "users",
            "api_keys",
            "providers",
            "stored_objects",
            "limits",
            "prices",
            "idempotency",
            "alerts",
            "limit_processes",
            "limit_counters",
            "limit_shares",
            "limit_resets",
            "routes",
            "audit_chains",
            "audit_events",
            "audit_heads",
            "usage_head",
            "usage_positions",
            "usage_rollups",
            "usage_purges",
            "usage_summaries",
            "usage_blocks",
            "usage_segments",
            "usage_index",
            "request_bodies");

    private StateTables() {}

    /** Those that are there, in the schema of whatever version it is. */
    static List<TableLayout> layouts(Connection connection) throws SQLException {
        Map<String, List<Column>> found = new LinkedHashMap<>();
        String sql = "SELECT table_name, column_name, data_type FROM information_schema.columns"
                + " WHERE table_schema = CURRENT_SCHEMA ORDER BY table_name, ordinal_position";
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                String table = result.getString(1);
                if (NAMES.contains(table)) {
                    found.computeIfAbsent(table, t -> new ArrayList<>())
                            .add(new Column(result.getString(2), kind(result.getString(3))));
                }
            }
        }
        return NAMES.stream()
                .filter(found::containsKey)
                .map(name -> new TableLayout(name, found.getOrDefault(name, List.of())))
                .toList();
    }

    /** The columns of a table that number its rows by themselves. */
    static List<String> numbering(Connection connection, String table) throws SQLException {
        List<String> columns = new ArrayList<>();
        String sql = "SELECT column_name FROM information_schema.columns"
                + " WHERE table_schema = CURRENT_SCHEMA AND table_name = ? AND is_identity = 'YES'";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, table);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    columns.add(result.getString(1));
                }
            }
        }
        return columns;
    }

    private static Kind kind(String type) {
        return switch (type.toUpperCase(Locale.ROOT)) {
            case "BIGINT", "INTEGER", "SMALLINT" -> Kind.NUMBER;
            case "BOOLEAN" -> Kind.FLAG;
            case "UUID" -> Kind.ID;
            case "TIMESTAMP WITH TIME ZONE" -> Kind.TIME;
            case "BYTEA", "BINARY VARYING", "BINARY LARGE OBJECT" -> Kind.BYTES;
            case "TEXT", "CHARACTER VARYING", "CHARACTER LARGE OBJECT" -> Kind.TEXT;
            default -> throw new IllegalStateException("a column of the unknown type " + type);
        };
    }

    /** Whether nothing is in them but what a migration puts there. */
    static boolean empty(Connection connection) throws SQLException {
        for (TableLayout table : layouts(connection)) {
            if (!SEEDED.contains(table.name()) && hasRows(connection, table.name())) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasRows(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT 1 FROM " + table + " LIMIT 1")) {
            return result.next();
        }
    }
}

package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which tables and columns the schema of a version has. A database may have more than the version that its copy is said to be of: a later
 * program changed it under this one, or a change was cut off in its middle. What is restored is made by the scripts up to that version,
 * and takes no more; and since scripts only add, what is left is a sound state of it.
 */
final class SchemaShape {
    private SchemaShape() {}

    /** Of the tables that are there what the version has; all of it where this program does not know the version. */
    static List<TableLayout> within(List<TableLayout> there, String version) throws SQLException {
        List<MigrationScript> all = MigrationScript.all();
        if (all.stream().noneMatch(s -> s.version().equals(version))) {
            return there;
        }
        int last = Integer.parseInt(version);
        Map<String, Set<String>> known = made(
                all.stream().filter(s -> Integer.parseInt(s.version()) <= last).toList());
        return there.stream()
                .filter(t -> known.containsKey(t.name()))
                .map(t -> new TableLayout(
                        t.name(),
                        t.columns().stream()
                                .filter(c ->
                                        known.getOrDefault(t.name(), Set.of()).contains(c.name()))
                                .toList()))
                .toList();
    }

    /** The names of the columns of each table, of a database in memory that ends with its only connection. */
    private static Map<String, Set<String>> made(List<MigrationScript> scripts) throws SQLException {
        try (Connection connection = Sources.scratch().getConnection();
                Statement statement = connection.createStatement()) {
            for (MigrationScript script : scripts) {
                for (String one : script.statements()) {
                    statement.execute(one);
                }
            }
            return StateTables.layouts(connection).stream().collect(Collectors.toMap(TableLayout::name, t -> {
                Set<String> names = new HashSet<>();
                t.columns().stream().map(Column::name).forEach(names::add);
                return names;
            }));
        }
    }
}

package io.llmproxy.adapter.jdbc;

import java.util.List;

/** What is told of a database that something is wrong with: the versions of its schema, and how large its tables are. */
final class SchemaFacts {
    private static final String DOING = "looking at the database";
    private static final NamedSql VERSIONS =
            NamedSql.of("SELECT \"version\" AS v, \"description\" AS d FROM \"flyway_schema_history\""
                    + " WHERE \"version\" IS NOT NULL ORDER BY \"installed_rank\"");
    private static final NamedSql H2_TABLES =
            NamedSql.of("SELECT LOWER(table_name) AS name, row_count_estimate AS n, 0 AS size"
                    + " FROM information_schema.tables WHERE table_schema = CURRENT_SCHEMA ORDER BY 1");
    private static final NamedSql POSTGRESQL_TABLES =
            NamedSql.of("SELECT relname AS name, n_live_tup AS n, pg_total_relation_size(relid) AS size"
                    + " FROM pg_stat_user_tables WHERE schemaname = CURRENT_SCHEMA ORDER BY 1");

    private final Sql sql;

    SchemaFacts(Sql sql) {
        this.sql = sql;
    }

    String text() {
        StringBuilder text = new StringBuilder(sql.dialect().name().toLowerCase(java.util.Locale.ROOT));
        text.append("\nschema\n");
        lines(VERSIONS, row -> "  V" + row.text("v") + " " + row.text("d"))
                .forEach(l -> text.append(l).append('\n'));
        boolean h2 = sql.dialect() == SqlDialect.H2;
        text.append(h2 ? "tables: rows\n" : "tables: rows, bytes (as PostgreSQL's statistics have them)\n");
        lines(
                        h2 ? H2_TABLES : POSTGRESQL_TABLES,
                        row -> "  " + row.text("name") + ": " + row.number("n") + (h2 ? "" : ", " + row.number("size")))
                .forEach(l -> text.append(l).append('\n'));
        return text.toString();
    }

    private List<String> lines(NamedSql query, Row.Mapper<String> line) {
        return sql.list(DOING, query, Params.none(), line);
    }
}

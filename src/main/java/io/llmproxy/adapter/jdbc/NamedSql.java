package io.llmproxy.adapter.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A statement whose parameters have names, written {@code :name}; its text never holds a value. */
record NamedSql(String text, List<String> names) {
    private static final Pattern NAME = Pattern.compile(":([a-z][a-z_]*)");

    static NamedSql of(String text) {
        List<String> names = new ArrayList<>();
        Matcher matcher = NAME.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return new NamedSql(NAME.matcher(text).replaceAll("?"), List.copyOf(names));
    }

    /** Parameters are named like the columns. */
    static NamedSql insert(String table, List<String> columns) {
        String values = columns.stream().map(c -> ":" + c).collect(Collectors.joining(", "));
        return of("INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES (" + values + ")");
    }

    /** Sets the columns of the row whose {@code id} is {@code :id}. */
    static NamedSql update(String table, List<String> columns) {
        String set = columns.stream().map(c -> c + " = :" + c).collect(Collectors.joining(", "));
        return of("UPDATE " + table + " SET " + set + " WHERE id = :id");
    }

    /** The same with more text, which has no parameters. */
    NamedSql and(String more) {
        return new NamedSql(text + more, names);
    }
}

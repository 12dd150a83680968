package io.llmproxy.cli;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * How a kind of thing is shown.
 *
 * @param nameField the field by which it is named on a line
 */
record View(String nameField, List<Column> columns) {
    private static final String SECRET = "secret";

    View(String nameField, Column... columns) {
        this(nameField, List.of(columns));
    }

    String name(JsonNode item) {
        return Text.printable(Json.text(item.path(nameField)));
    }

    /**
     * All fields of an item, those of the columns with their kinds, the others by their names; of a secret that is not shown
     * no word, as if a key had none.
     */
    List<Column> fields(JsonNode item) {
        return item.properties().stream()
                .filter(member -> !member.getKey().equals(SECRET) || !Json.absent(member.getValue()))
                .map(Map.Entry::getKey)
                .map(this::field)
                .toList();
    }

    private Column field(String name) {
        Column.Kind kind = columns.stream()
                .filter(c -> c.field().equals(name))
                .map(Column::kind)
                .findFirst()
                .orElse(kindOf(name));
        return new Column(Text.words(name), name, kind);
    }

    private static Column.Kind kindOf(String name) {
        return name.endsWith("At") || name.endsWith("Until") ? Column.Kind.TIME : Column.Kind.TEXT;
    }
}

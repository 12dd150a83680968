package io.llmproxy.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** Prints records one by one as they come; the columns of the table grow where a record wants it. */
final class TailPrinter {
    private final Output output;
    private final View view;
    private final Table table;
    private boolean begun;

    TailPrinter(Output output, View view) {
        this.output = output;
        this.view = view;
        this.table = new Table(view.columns(), output.terminal());
    }

    void print(JsonNode item) {
        switch (output.format()) {
            case TABLE -> row(item);
            case JSON, JSONL -> output.line(Json.compact(item));
            case YAML -> output.stream().print(Yaml.document(Json.array().add(item)));
            case CSV -> csv(item);
            case NAME -> output.line(view.name(item));
        }
        begun = true;
        output.stream().flush();
    }

    private void row(JsonNode item) {
        List<String> cells = output.cells(item, view);
        table.fit(List.of(cells));
        if (!begun) {
            table.header(output.stream());
        }
        table.row(output.stream(), cells);
    }

    private void csv(JsonNode item) {
        if (!begun) {
            output.stream()
                    .print(Csv.row(view.columns().stream().map(Column::field).toList()));
        }
        output.stream()
                .print(Csv.row(view.columns().stream().map(c -> c.plain(item)).toList()));
    }
}

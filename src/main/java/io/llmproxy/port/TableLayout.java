package io.llmproxy.port;

import java.util.List;

/** A table of the state, in words that hold for every database. */
public record TableLayout(String name, List<Column> columns) {
    public TableLayout {
        columns = List.copyOf(columns);
    }

    /** What a column holds, and as what class its values come: see {@link TableSink#row}. */
    public enum Kind {
        TEXT,
        NUMBER,
        FLAG,
        TIME,
        ID,
        BYTES
    }

    /** One column. */
    public record Column(String name, Kind kind) {}
}

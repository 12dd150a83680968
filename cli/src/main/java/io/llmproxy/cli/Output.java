package io.llmproxy.cli;

import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Prints answers in the form that was asked for. */
final class Output {
    private final PrintStream out;
    private final Terminal terminal;
    private final @Nullable Format format;
    private final boolean quiet;
    private final Instant now;

    Output(PrintStream out, Terminal terminal, @Nullable Format format, boolean quiet, Instant now) {
        this.out = out;
        this.terminal = terminal;
        this.format = format;
        this.quiet = quiet;
        this.now = now;
    }

    /** The form asked for, or the command's own where none was. */
    Format format(Format otherwise) {
        return format == null ? otherwise : format;
    }

    Format format() {
        return format(Format.TABLE);
    }

    Instant now() {
        return now;
    }

    Terminal terminal() {
        return terminal;
    }

    /** Whether nobody reads any more. */
    boolean closed() {
        return out.checkError();
    }

    /** As it is, with the line ends that it has. */
    void text(String text) {
        out.print(text);
    }

    void line(String text) {
        out.println(text);
    }

    /** One thing: a list of its fields, or itself. */
    void one(JsonNode item, View view) {
        if (quiet) {
            out.println(id(item, view));
            return;
        }
        switch (format()) {
            case TABLE -> fields(item, view);
            case JSON -> out.println(Json.pretty(item, 0));
            case JSONL -> out.println(Json.compact(item));
            case YAML -> out.print(Yaml.document(item));
            case CSV -> csv(List.of(item).iterator(), view);
            case NAME -> out.println(view.name(item));
        }
    }

    /** What a command made of a thing: one sentence, or the thing. */
    void done(JsonNode item, View view, String sentence) {
        boolean thing = !item.isEmpty();
        if (quiet) {
            if (thing) {
                out.println(id(item, view));
            }
        } else if (format() == Format.TABLE) {
            out.println(Text.printable(sentence));
        } else if (thing) {
            one(item, view);
        }
    }

    /** A list; false where it is empty. */
    boolean list(Iterable<JsonNode> items, View view, Format otherwise) {
        Iterator<JsonNode> iterator = items.iterator();
        boolean some = iterator.hasNext();
        if (quiet) {
            each(iterator, item -> id(item, view));
            return some;
        }
        switch (format(otherwise)) {
            case TABLE -> table(iterator, view);
            case JSON -> array(iterator);
            case JSONL -> each(iterator, Json::compact);
            case YAML -> yaml(iterator);
            case CSV -> csv(iterator, view);
            case NAME -> each(iterator, view::name);
        }
        return some;
    }

    boolean list(Iterable<JsonNode> items, View view) {
        return list(items, view, Format.TABLE);
    }

    private void each(Iterator<JsonNode> items, java.util.function.Function<JsonNode, String> form) {
        while (items.hasNext() && !out.checkError()) {
            out.println(form.apply(items.next()));
        }
    }

    private void array(Iterator<JsonNode> items) {
        if (!items.hasNext()) {
            out.println("[]");
            return;
        }
        out.print("[");
        String between = "";
        while (items.hasNext() && !out.checkError()) {
            out.print(between + "\n  " + Json.pretty(items.next(), 1));
            between = ",";
        }
        out.println("\n]");
    }

    private void yaml(Iterator<JsonNode> items) {
        if (!items.hasNext()) {
            out.println("[]");
        }
        while (items.hasNext() && !out.checkError()) {
            out.print(Yaml.document(Json.array().add(items.next())));
        }
    }

    private void csv(Iterator<JsonNode> items, View view) {
        out.print(Csv.row(view.columns().stream().map(Column::field).toList()));
        while (items.hasNext() && !out.checkError()) {
            JsonNode item = items.next();
            out.print(Csv.row(view.columns().stream().map(c -> c.plain(item)).toList()));
        }
    }

    private void table(Iterator<JsonNode> items, View view) {
        List<List<String>> rows = new ArrayList<>();
        items.forEachRemaining(item -> rows.add(cells(item, view)));
        if (rows.isEmpty()) {
            return;
        }
        Table table = new Table(view.columns(), terminal);
        table.fit(rows);
        table.header(out);
        rows.forEach(row -> table.row(out, row));
    }

    List<String> cells(JsonNode item, View view) {
        return view.columns().stream().map(c -> c.shown(item, now)).toList();
    }

    /** Two columns: the field's name and its value. */
    void fields(JsonNode item, View view) {
        List<Column> fields = view.fields(item);
        int width = fields.stream().mapToInt(c -> Text.width(c.title())).max().orElse(0);
        for (Column field : fields) {
            String value = field.shownInFull(item, now);
            String colour = field.kind() == Column.Kind.STATUS ? Table.colour(value, terminal) : "";
            String gap = " ".repeat(width - Text.width(field.title()) + 2);
            out.println(capital(field.title()) + gap + colour + value + (colour.isEmpty() ? "" : "\u001b[0m"));
        }
    }

    private static String capital(String title) {
        return title.isEmpty() ? title : title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1);
    }

    /** The one value that a script wants: the secret where there is one, else the id, else the name. */
    private static String id(JsonNode item, View view) {
        for (String field : List.of("secret", "id", view.nameField())) {
            String value = Json.text(item.path(field));
            if (!value.isEmpty()) {
                return Text.printable(value);
            }
        }
        return "";
    }

    /** The stream itself, for what is none of the forms. */
    PrintStream stream() {
        return out;
    }
}

package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What changes, a line for each thing, as a person reads it. */
final class DeclarationDiff {
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String RED = "\u001b[31m";
    private static final String PLAIN = "\u001b[0m";

    private final Context context;

    DeclarationDiff(Context context) {
        this.context = context;
    }

    /** The lines alone. */
    void show(JsonNode answer) {
        for (JsonNode change : answer.path("changes").values()) {
            line(change);
        }
    }

    /**
     * The lines, what they come to, and the secrets of new keys.
     *
     * @param written the files that have the secrets; empty: they are in none
     */
    void told(JsonNode answer, List<String> written) {
        boolean quiet = context.line().flag(GlobalOptions.QUIET);
        if (!quiet) {
            show(answer);
        }
        if (written.isEmpty()) {
            answer.path("secrets").values().forEach(s -> secret(s, quiet));
        } else {
            written.forEach(file -> context.note("secret written to " + Text.printable(file)));
        }
        if (!quiet) {
            context.output().line(summary(answer));
        }
        int undeclared = answer.path("undeclared").asInt(0);
        if (undeclared > 0) {
            context.note(undeclared + (undeclared == 1 ? " thing is" : " things are")
                    + " on the server and not in the file; --prune deletes "
                    + (undeclared == 1 ? "it" : "them"));
        }
    }

    private void secret(JsonNode secret, boolean quiet) {
        String key = Json.text(secret.path("tenant")) + "/" + Json.text(secret.path("key"));
        context.output()
                .line(Text.printable((quiet ? "" : "secret of key ") + key + " " + Json.text(secret.path("secret"))));
    }

    private static String summary(JsonNode answer) {
        int created = 0;
        int updated = 0;
        int deleted = 0;
        for (JsonNode change : answer.path("changes").values()) {
            switch (Json.text(change.path("change"))) {
                case "create" -> created++;
                case "update" -> updated++;
                default -> deleted++;
            }
        }
        int unchanged = answer.path("unchanged").asInt(0);
        if (created + updated + deleted == 0) {
            return "nothing to change; " + unchanged + " as declared";
        }
        boolean dry = answer.path("dryRun").asBoolean(false);
        return (dry ? "would be: " : "done: ") + created + " created, " + updated + " changed, " + deleted
                + " deleted; " + unchanged + " as declared";
    }

    private void line(JsonNode change) {
        String kind = Json.text(change.path("kind"));
        String tenant = Json.text(change.path("tenant"));
        boolean named = !tenant.isEmpty() && !kind.equals("tenant");
        String thing = kind + " " + (named ? tenant + "/" : "") + Json.text(change.path("name"));
        switch (Json.text(change.path("change"))) {
            case "create" -> print(GREEN, "+ " + thing + known(change));
            case "update" -> print(YELLOW, "~ " + thing + ": " + String.join(", ", fields(change)));
            default -> print(RED, "- " + thing + " (--prune)");
        }
    }

    /** A secret that somebody has is accepted from now on, which nobody should overlook. */
    private static String known(JsonNode change) {
        JsonNode prefix = change.path("fields").path(0).path("after");
        return Json.absent(prefix) ? "" : ", with the secret that begins with " + Json.text(prefix);
    }

    private static List<String> fields(JsonNode change) {
        List<String> fields = new ArrayList<>();
        for (JsonNode field : change.path("fields").values()) {
            fields.add(Json.text(field.path("field")) + " " + value(field.path("before")) + " → "
                    + value(field.path("after")));
        }
        return fields;
    }

    private static String value(JsonNode node) {
        return Json.absent(node) ? "(usual)" : Json.text(node);
    }

    private void print(String colour, String text) {
        boolean coloured = context.output().terminal().colour();
        String plain = Text.printable(text);
        context.output().line(coloured ? colour + plain + PLAIN : plain);
    }
}

package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a list of models as OpenAI-format providers send it: {@code {"data":[{"id":…,"created":…,"owned_by":…}]}}. */
public final class ModelList {
    /** What stands before a model in Google's names. */
    private static final String GOOGLES = "models/";

    private static final int MAX = 10_000;

    /** @param created Unix seconds; 0: not said */
    public record Model(String id, long created, String ownedBy) {}

    private final JsonScanner scanner;
    private final List<Model> models = new ArrayList<>();
    private boolean list;
    /** Whether it calls itself a list; Ollama's without models has null in the models' place. */
    private boolean saysList;

    private ModelList(JsonScanner scanner) {
        this.scanner = scanner;
    }

    /** The models with an id, at most {@value #MAX}, none where it is no such list; @throws MalformedException where the bytes are no JSON */
    public static List<Model> read(byte[] json) {
        return find(json).orElse(List.of());
    }

    /** The same; empty where it is JSON of another kind. */
    public static Optional<List<Model>> find(byte[] json) {
        ModelList list = new ModelList(new JsonScanner(json, 0, json.length));
        Token first = list.scanner.next();
        if (first == Token.OBJECT_START) {
            list.members();
        } else if (first == Token.ARRAY_START) {
            // Together's has nothing around it
            list.data(false);
        }
        return list.list ? Optional.of(List.copyOf(list.models)) : Optional.empty();
    }

    private void members() {
        while (scanner.next() == Token.NAME) {
            // others call both otherwise: models, each with a name (Google, Cohere, Ollama), modelSummaries, each with
            // a modelId
            boolean named = scanner.is("models") || scanner.is("modelSummaries");
            boolean data = named || scanner.is("data");
            boolean object = scanner.is("object");
            Token value = scanner.next();
            if (data && value == Token.ARRAY_START) {
                data(named);
            } else {
                saysList |= object && value == Token.STRING && scanner.is("list");
                list |= data && value == Token.NULL && saysList;
                skip(value);
            }
        }
    }

    private void data(boolean named) {
        list = true;
        for (Token token = scanner.next(); token != Token.ARRAY_END; token = scanner.next()) {
            if (token == Token.OBJECT_START) {
                model(named);
            } else {
                skip(token);
            }
        }
    }

    private void model(boolean named) {
        String id = "";
        long created = 0;
        String ownedBy = "";
        while (scanner.next() == Token.NAME) {
            String name = scanner.text();
            Token value = scanner.next();
            if (value == Token.STRING && name.equals("id")) {
                id = scanner.text();
            } else if (value == Token.STRING && named && ownId(name) && id.isEmpty()) {
                String text = scanner.text();
                id = text.startsWith(GOOGLES) ? text.substring(GOOGLES.length()) : text;
            } else if (value == Token.STRING && name.equals("owned_by")) {
                ownedBy = scanner.text();
            } else if (value == Token.NUMBER && name.equals("created")) {
                created = Math.max(0, scanner.count());
            }
            skip(value);
        }
        if (!id.isEmpty() && id.length() <= 256 && models.size() < MAX) {
            models.add(new Model(id, created, ownedBy));
        }
    }

    private static boolean ownId(String name) {
        return name.equals("name") || name.equals("modelId");
    }

    private void skip(Token value) {
        if (value == Token.OBJECT_START || value == Token.ARRAY_START) {
            scanner.skipContainer();
        }
    }
}

package io.llmproxy.gateway.estimate;

import io.llmproxy.domain.usage.TokenEncoding;
import io.llmproxy.gateway.estimate.JsonPieces.Token;
import java.io.IOException;

/**
 * Counts the definitions of tools as OpenAI's cookbook does ("How to count tokens with tiktoken", section 7): for each function
 * {@code name:description}, for each property {@code name:type:description}, for each value of an enum itself, and what these are
 * wrapped in. Properties inside properties, of which the cookbook says nothing, count like others.
 */
final class ToolCounter {
    private static final int PER_FUNCTION = 7;
    private static final int PER_FUNCTION_BEFORE_GPT_4O = 10;
    private static final int PROPERTIES = 3;
    private static final int PER_PROPERTY = 3;
    private static final int ENUM = -3;
    private static final int PER_ENUM_VALUE = 3;
    private static final int END = 12;
    private static final int LONG = 4096;
    private static final int DEEP = 32;

    private final JsonPieces json;
    private final TextTally counter;
    private int functions;
    private long overhead;

    ToolCounter(JsonPieces json, TextTally counter) {
        this.json = json;
        this.counter = counter;
    }

    /** The tokens that are nobody's text. */
    long overhead() {
        boolean before = counter.encoding() == TokenEncoding.CL100K_BASE;
        long each = before ? PER_FUNCTION_BEFORE_GPT_4O : PER_FUNCTION;
        return functions == 0 ? 0 : overhead + functions * each + END;
    }

    /** The list of tools, or of functions as they were called before. */
    void read(Token value) throws IOException {
        if (value == Token.ARRAY) {
            for (Token t = json.next(); !t.closes(); t = json.next()) {
                function(t);
            }
        } else {
            json.skip(value);
        }
    }

    /** A function, or what holds one as its {@code function}. */
    private void function(Token value) throws IOException {
        if (value != Token.OBJECT) {
            json.skip(value);
            return;
        }
        Definition definition = new Definition();
        while (json.next() == Token.NAME) {
            switch (json.name()) {
                case "function" -> function(json.next());
                case "name" -> definition.name = text(json.next());
                case "description" -> definition.description = text(json.next());
                case "parameters", "input_schema", "parametersJsonSchema" -> schema(json.next(), 0);
                default -> json.skip(json.next());
            }
        }
        if (!definition.name.isEmpty()) {
            functions++;
            counter.add(definition.name + ":" + definition.sentence());
        }
    }

    /** What is told of a function or a property; JSON may tell it in any order. */
    private static final class Definition {
        String name = "";
        String type = "";
        String description = "";

        String sentence() {
            return description.endsWith(".") ? description.substring(0, description.length() - 1) : description;
        }
    }

    private void schema(Token value, int depth) throws IOException {
        if (value != Token.OBJECT || depth > DEEP) {
            json.skip(value);
            return;
        }
        while (json.next() == Token.NAME) {
            schemaMember(json.name(), depth);
        }
    }

    private void schemaMember(String name, int depth) throws IOException {
        switch (name) {
            case "properties" -> properties(json.next(), depth + 1);
            case "items" -> schema(json.next(), depth + 1);
            case "enum" -> values(json.next());
            default -> json.skip(json.next());
        }
    }

    private void properties(Token value, int depth) throws IOException {
        if (value != Token.OBJECT) {
            json.skip(value);
            return;
        }
        boolean any = false;
        while (json.next() == Token.NAME) {
            any = true;
            property(json.name(), json.next(), depth);
        }
        overhead += any ? PROPERTIES : 0;
    }

    private void property(String name, Token value, int depth) throws IOException {
        overhead += PER_PROPERTY;
        if (value != Token.OBJECT || depth > DEEP) {
            json.skip(value);
            return;
        }
        Definition definition = new Definition();
        while (json.next() == Token.NAME) {
            switch (json.name()) {
                case "type" -> definition.type = text(json.next());
                case "description" -> definition.description = text(json.next());
                default -> schemaMember(json.name(), depth);
            }
        }
        counter.add(name + ":" + definition.type + ":" + definition.sentence());
    }

    private void values(Token value) throws IOException {
        if (value != Token.ARRAY) {
            json.skip(value);
            return;
        }
        overhead += ENUM;
        for (Token t = json.next(); !t.closes(); t = json.next()) {
            overhead += PER_ENUM_VALUE;
            counter.add(text(t));
        }
    }

    private String text(Token value) throws IOException {
        if (value == Token.STRING) {
            return json.text(LONG, counter);
        }
        json.skip(value);
        return "";
    }
}

package io.llmproxy.adapter.jdbc;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Lists and maps of texts as JSON in a text column. The streaming half of the library alone, since a start waits for it. */
final class JsonText {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonText() {}

    static String list(Collection<?> values) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartArray();
            values.forEach(v -> json.writeString(v.toString()));
            json.writeEndArray();
        }
        return out.toString();
    }

    static String map(Map<?, ?> values) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            values.forEach((k, v) -> json.writeName(k.toString()).writeString(v.toString()));
            json.writeEndObject();
        }
        return out.toString();
    }

    /** Objects of texts, numbers and truth values. */
    static String objects(Collection<? extends Map<String, ?>> rows) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartArray();
            for (Map<String, ?> row : rows) {
                json.writeStartObject();
                row.forEach((name, value) -> {
                    json.writeName(name);
                    switch (value) {
                        case Long number -> json.writeNumber(number);
                        case Boolean flag -> json.writeBoolean(flag);
                        default -> json.writeString(value.toString());
                    }
                });
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        return out.toString();
    }

    static List<String> list(String text) {
        List<String> values = new ArrayList<>();
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.VALUE_STRING) {
                values.add(json.getString());
            }
        }
        return values;
    }

    static Map<String, String> map(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
            json.nextToken();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                json.nextToken();
                values.put(name, json.getString());
            }
        }
        return values;
    }
}

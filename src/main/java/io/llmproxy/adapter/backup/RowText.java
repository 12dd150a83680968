package io.llmproxy.adapter.backup;

import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableLayout.Kind;
import java.io.ByteArrayOutputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** A row as one line of JSON: an object with a field for each column; bytes are base64, times RFC 3339 in UTC. */
final class RowText {
    /** A row of the ledger has half a megabyte; a body that is kept has as many as the gateway lets in. */
    private static final int LONGEST = 1 << 30;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(LONGEST).build())
            .build();

    private RowText() {}

    /** With its line end. */
    static byte[] encode(TableLayout table, List<@Nullable Object> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            for (int i = 0; i < values.size(); i++) {
                json.writeName(table.columns().get(i).name());
                write(json, values.get(i));
            }
            json.writeEndObject();
        }
        out.write('\n');
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, @Nullable Object value) {
        switch (value) {
            case null -> json.writeNull();
            case Long number -> json.writeNumber(number);
            case Boolean flag -> json.writeBoolean(flag);
            case byte[] bytes -> json.writeString(Base64.getEncoder().encodeToString(bytes));
            default -> json.writeString(value.toString());
        }
    }

    /** @throws BackupException where it is no row of the table */
    static List<@Nullable Object> decode(TableLayout table, byte[] line) {
        List<Column> columns = table.columns();
        @Nullable Object[] values = new Object[columns.size()];
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw malformed(table, null);
            }
            int next = 0;
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                int at = next < columns.size() && columns.get(next).name().equals(name) ? next : index(columns, name);
                if (at < 0) {
                    throw malformed(table, null);
                }
                values[at] = read(json, columns.get(at).kind());
                next = at + 1;
            }
        } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
            throw malformed(table, e);
        }
        return Arrays.asList(values);
    }

    private static int index(List<Column> columns, String name) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private static @Nullable Object read(JsonParser json, Kind kind) {
        if (json.nextToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        return switch (kind) {
            case TEXT -> json.getString();
            case NUMBER -> json.getLongValue();
            case FLAG -> json.getBooleanValue();
            case TIME -> Instant.parse(json.getString());
            case ID -> UUID.fromString(json.getString());
            case BYTES -> Base64.getDecoder().decode(json.getString());
        };
    }

    private static BackupException malformed(TableLayout table, @Nullable Throwable cause) {
        // without the cause's text, which quotes the row
        String kind = cause == null ? "" : " (" + cause.getClass().getSimpleName() + ")";
        return new BackupException("the backup holds a line that is no row of the table " + table.name() + kind);
    }
}

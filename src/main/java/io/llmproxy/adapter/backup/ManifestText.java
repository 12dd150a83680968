package io.llmproxy.adapter.backup;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The manifest as JSON, for people to read and for programs. */
public final class ManifestText {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ManifestText() {}

    static byte[] bytes(BackupManifest manifest) {
        return (MAPPER.writeValueAsString(manifest) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** @throws BackupException where it is none that this program knows */
    static BackupManifest parse(byte[] text) {
        try {
            JsonNode tree = MAPPER.readTree(text);
            int format = tree.path("format").asInt(0);
            if (format != BackupManifest.FORMAT) {
                throw new BackupException("the backup has the format " + format + ", and this program reads "
                        + BackupManifest.FORMAT + "; use a newer program");
            }
            return MAPPER.treeToValue(tree, BackupManifest.class);
        } catch (JacksonException | NullPointerException e) {
            throw new BackupException("the backup's manifest is not as it was written", e);
        }
    }

    /** As one line of JSON. */
    public static String json(Object value) {
        return MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value);
    }
}

package io.llmproxy.adapter.admin;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads the model ids out of a provider's list: {@code {"data":[{"id":…}]}}. */
public final class ModelIds {
    private ModelIds() {}

    /** Empty where the body is no such list. */
    public static List<String> of(byte[] body) {
        JsonNode root;
        try {
            root = Json.MAPPER.readTree(body);
        } catch (JacksonException e) {
            return List.of();
        }
        JsonNode data = root.get("data");
        List<String> ids = new ArrayList<>();
        if (data != null && data.isArray()) {
            data.values().forEach(model -> {
                JsonNode id = model.get("id");
                if (id != null && id.isString()) {
                    ids.add(id.stringValue());
                }
            });
        }
        return List.copyOf(ids);
    }
}

package io.llmproxy.admin;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what an audit row says of a change; values are cut, and nothing secret is ever handed to it. */
final class Details {
    private static final int MAX = 500;
    private final Map<String, String> entries = new LinkedHashMap<>();

    Details put(String field, @Nullable Object value) {
        if (value != null) {
            String text = value.toString();
            entries.put(field, text.length() <= MAX ? text : text.substring(0, MAX - 3) + "...");
        }
        return this;
    }

    Details change(String field, Change<?> change) {
        Object value = change.value();
        return change.named() ? put(field, value == null ? "(cleared)" : value) : this;
    }

    /** Names the keys alone. */
    Details change(String field, MapChange change) {
        return change.named() ? put(field, change.keys().isEmpty() ? "(cleared)" : change.keys()) : this;
    }

    Map<String, String> map() {
        return entries;
    }
}

package io.llmproxy.admin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Collects what an audit event says of a change, before and after; values are cut, and nothing secret is ever handed to it. */
final class Details {
    /** In the place of a secret. */
    static final String SECRET = "***";

    private static final int MAX = 500;
    private static final String CLEARED = "(cleared)";
    private final Map<String, String> before = new LinkedHashMap<>();
    private final Map<String, String> entries = new LinkedHashMap<>();

    static Details none() {
        return new Details();
    }

    Details put(String field, @Nullable Object value) {
        if (value != null) {
            entries.put(field, text(value));
        }
        return this;
    }

    Details change(String field, Change<?> change) {
        Object value = change.value();
        return change.named() ? put(field, value == null ? CLEARED : value) : this;
    }

    /** What the field held; left out where the change does not name it, or sets what was there. */
    Details change(String field, Change<?> change, @Nullable Object old) {
        return change.named() ? changed(field, old, change.value()) : this;
    }

    /** Another value in the place of the old one; nothing where they are the same. */
    Details changed(String field, @Nullable Object old, @Nullable Object value) {
        String was = old == null ? "" : text(old);
        String is = value == null ? CLEARED : text(value);
        if (!Objects.equals(was, is) && !(was.isEmpty() && value == null)) {
            old(field, old);
            put(field, is);
        }
        return this;
    }

    /** The same, and of each field that it names what it was; all of it where nothing is named, as at the end of a thing. */
    Details since(Details was) {
        was.entries.forEach((field, value) -> {
            if (entries.isEmpty() || entries.containsKey(field)) {
                before.put(field, value);
            }
        });
        return this;
    }

    /** What the field held. */
    Details old(String field, @Nullable Object value) {
        if (value != null
                && !text(value).isEmpty()
                && !text(value).equals("[]")
                && !text(value).equals("{}")) {
            before.put(field, text(value));
        }
        return this;
    }

    /** Names the keys alone. */
    Details change(String field, MapChange change) {
        return change.named() ? put(field, change.keys().isEmpty() ? CLEARED : change.keys()) : this;
    }

    private static String text(Object value) {
        String text = switch (value) {
            case Set<?> set ->
                set.stream().map(String::valueOf).sorted().toList().toString();
            case Map<?, ?> map -> new TreeMap<>(map).toString();
            default -> value.toString();
        };
        return text.length() <= MAX ? text : text.substring(0, MAX - 3) + "...";
    }

    Map<String, String> map() {
        return entries;
    }

    /** What was there before. */
    Map<String, String> before() {
        return before;
    }
}

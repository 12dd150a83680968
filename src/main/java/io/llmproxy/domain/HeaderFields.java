package io.llmproxy.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The header fields of a request or an answer, in the order and spelling in which they came; names compare without regard
 * to case (RFC 9110, section 5.1). Not thread-safe while it is filled.
 */
public final class HeaderFields {
    /** No fields; none can be added. */
    public static final HeaderFields NONE = new HeaderFields(List.of(), List.of());

    private final List<String> names;
    private final List<String> values;

    public HeaderFields() {
        this(new ArrayList<>(), new ArrayList<>());
    }

    private HeaderFields(List<String> names, List<String> values) {
        this.names = names;
        this.values = values;
    }

    public static HeaderFields of(String... namesAndValues) {
        HeaderFields fields = new HeaderFields();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    public HeaderFields add(String name, String value) {
        names.add(name);
        values.add(value);
        return this;
    }

    /** Replaces every field of that name by one. */
    public HeaderFields set(String name, String value) {
        remove(name);
        return add(name, value);
    }

    public HeaderFields remove(String name) {
        for (int i = names.size() - 1; i >= 0; i--) {
            if (names.get(i).equalsIgnoreCase(name)) {
                names.remove(i);
                values.remove(i);
            }
        }
        return this;
    }

    /** The value of the first field of that name. */
    public Optional<String> first(String name) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(name)) {
                return Optional.of(values.get(i));
            }
        }
        return Optional.empty();
    }

    public List<String> all(String name) {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(name)) {
                found.add(values.get(i));
            }
        }
        return found;
    }

    /** How many fields have that name. */
    public int count(String name) {
        int count = 0;
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(name)) {
                count++;
            }
        }
        return count;
    }

    public boolean contains(String name) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a field of that name holds {@code token} in its comma-separated list, without regard to case. */
    public boolean containsToken(String name, String token) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(name) && holdsToken(values.get(i), token)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsToken(String list, String token) {
        for (int from = 0, end; from <= list.length(); from = end + 1) {
            int comma = list.indexOf(',', from);
            end = comma < 0 ? list.length() : comma;
            if (end - from >= token.length()
                    && list.substring(from, end).strip().equalsIgnoreCase(token)) {
                return true;
            }
        }
        return false;
    }

    public void forEach(BiConsumer<String, String> action) {
        for (int i = 0; i < names.size(); i++) {
            action.accept(names.get(i), values.get(i));
        }
    }

    public int size() {
        return names.size();
    }

    /** The names alone: values may hold credentials. */
    @Override
    public String toString() {
        return names.toString();
    }
}

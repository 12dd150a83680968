package io.llmproxy.admin;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What an update says of a map: entries to set, keys to remove, and whether all that was there goes first (the rules of a
 * JSON merge patch, RFC 7396).
 */
public record MapChange(boolean clear, Map<String, String> set, Set<String> remove) {
    public static final MapChange NONE = new MapChange(false, Map.of(), Set.of());

    public MapChange {
        set = Collections.unmodifiableMap(new HashMap<>(set));
        remove = Set.copyOf(remove);
    }

    public static MapChange setting(Map<String, String> entries) {
        return new MapChange(false, entries, Set.of());
    }

    public boolean named() {
        return clear || !set.isEmpty() || !remove.isEmpty();
    }

    /** Keys compare without regard to case, so that a header is replaced and not doubled. */
    Map<String, String> over(Map<String, String> current) {
        Map<String, String> out = new HashMap<>(clear ? Map.of() : current);
        out.keySet().removeIf(this::touches);
        out.putAll(set);
        return out;
    }

    boolean touches(String key) {
        return clear
                || remove.stream().anyMatch(key::equalsIgnoreCase)
                || set.keySet().stream().anyMatch(key::equalsIgnoreCase);
    }

    /** The keys that the change speaks of, for the audit: values may be credentials. */
    Set<String> keys() {
        Set<String> keys = new HashSet<>(set.keySet());
        keys.addAll(remove);
        return keys;
    }
}

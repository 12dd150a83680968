package io.llmproxy.gateway;

import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.runtime.KeySecrets;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where in a request keys stand: the four headers and, where an operator allows it, the query. */
public final class Credentials {
    private static final FieldNames FIELDS = FieldNames.of("x-api-key", "api-key", "x-goog-api-key");

    private Credentials() {}

    /** The different keys that a request presents; no more than one is in order. */
    public static Set<String> presented(ClientRequest request, boolean queryKey) {
        List<String> found = new ArrayList<>(2);
        HeaderFields headers = request.headers();
        for (int i = 0; i < headers.size(); i++) {
            String value = headers.value(i);
            if (FIELDS.contains(headers.name(i))) {
                found.add(value.strip());
            } else if (headers.name(i).equalsIgnoreCase("authorization")
                    && value.regionMatches(true, 0, "bearer ", 0, 7)) {
                found.add(value.substring(7).strip());
            }
        }
        String query = request.query();
        if (queryKey && query != null) {
            for (String parameter : query.split("&", -1)) {
                if (name(parameter).equals("key")) {
                    found.add(value(parameter));
                }
            }
        }
        found.removeIf(String::isEmpty);
        return found.size() == 1 ? Set.of(found.getFirst()) : new LinkedHashSet<>(found);
    }

    /** The query as a provider may see it: without the key where that may stand there, and never with one of ours. */
    public static @Nullable String cleaned(@Nullable String query, boolean queryKey) {
        if (query == null || query.isEmpty()) {
            return query;
        }
        List<String> kept = new ArrayList<>();
        for (String parameter : query.split("&", -1)) {
            String value = value(parameter);
            boolean key = name(parameter).equals("key");
            boolean ours = key && value.startsWith(KeySecrets.PREFIX) || HeaderPolicy.carriesKey(decoded(parameter));
            if (!ours && !(key && queryKey)) {
                kept.add(parameter);
            }
        }
        return kept.isEmpty() ? null : String.join("&", kept);
    }

    /** The query without a parameter of that name; null where nothing is left. */
    public static @Nullable String without(@Nullable String query, String name) {
        if (query == null) {
            return null;
        }
        List<String> kept = new ArrayList<>();
        for (String parameter : query.split("&", -1)) {
            if (!name(parameter).equals(name)) {
                kept.add(parameter);
            }
        }
        return kept.isEmpty() ? null : String.join("&", kept);
    }

    private static String name(String parameter) {
        int equals = parameter.indexOf('=');
        return decoded(equals < 0 ? parameter : parameter.substring(0, equals));
    }

    private static String value(String parameter) {
        int equals = parameter.indexOf('=');
        return equals < 0 ? "" : decoded(parameter.substring(equals + 1));
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}

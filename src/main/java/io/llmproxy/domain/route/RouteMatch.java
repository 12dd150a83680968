package io.llmproxy.domain.route;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which requests a route takes whatever model they name; all that is given must hold. Nothing given: none, and the route is a model.
 *
 * @param path of the request, as {@code /v1/embeddings}
 * @param headers by name, in lower case
 * @param host the client's name for the server, without a port, in lower case
 * @param user an e-mail address or an id of a user
 * @param labels of the key
 */
public record RouteMatch(
        @Nullable Glob path,
        Map<String, Glob> headers,
        @Nullable Glob host,
        @Nullable Glob user,
        Map<String, Glob> labels) {
    /** Of a route that is a model. */
    public static final RouteMatch NONE = new RouteMatch(null, Map.of(), null, null, Map.of());

    private static final int MOST = 16;

    public RouteMatch {
        TreeMap<String, Glob> lower = new TreeMap<>();
        headers.forEach((name, value) -> lower.put(header(name), value));
        headers = Collections.unmodifiableMap(lower);
        labels.keySet().forEach(name -> Checks.name("matchLabel", name));
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        if (headers.size() > MOST || labels.size() > MOST) {
            throw new InvalidValueException("match", "has more than " + MOST + " headers or labels");
        }
    }

    private static String header(String name) {
        if (!isHeaderName(name)) {
            throw new InvalidValueException("matchHeader", "is no header name: " + Checks.quoted(name));
        }
        return name.toLowerCase(Locale.ROOT);
    }

    static boolean isHeaderName(String name) {
        return !name.isEmpty()
                && name.length() <= 128
                && name.chars().allMatch(c -> c > ' ' && c < 127 && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
    }

    public boolean isEmpty() {
        return conditions() == 0;
    }

    /** How many conditions there are: the more, the more specific. */
    public int conditions() {
        return (path == null ? 0 : 1)
                + headers.size()
                + (host == null ? 0 : 1)
                + (user == null ? 0 : 1)
                + labels.size();
    }

    /** What a request says of itself; null is what it does not. */
    public interface Facts {
        String path();

        @Nullable
        String header(String name);

        @Nullable
        String host();

        @Nullable
        String userEmail();

        @Nullable
        String userId();

        @Nullable
        String label(String name);
    }

    public boolean matches(Facts facts) {
        return !isEmpty()
                && (path == null || path.matches(facts.path()))
                && (host == null || holds(host, facts.host()))
                && (user == null || holds(user, facts.userEmail()) || holds(user, facts.userId()))
                && labelsHold(facts)
                && headersHold(facts);
    }

    private boolean headersHold(Facts facts) {
        for (Map.Entry<String, Glob> header : headers.entrySet()) {
            if (!holds(header.getValue(), facts.header(header.getKey()))) {
                return false;
            }
        }
        return true;
    }

    private boolean labelsHold(Facts facts) {
        for (Map.Entry<String, Glob> label : labels.entrySet()) {
            if (!holds(label.getValue(), facts.label(label.getKey()))) {
                return false;
            }
        }
        return true;
    }

    private static boolean holds(Glob glob, @Nullable String value) {
        return value != null && glob.matches(value);
    }
}

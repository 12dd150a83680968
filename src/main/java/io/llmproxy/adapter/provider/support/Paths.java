package io.llmproxy.adapter.provider.support;

import io.llmproxy.port.Provider.UpstreamRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Where requests go on a provider's origin. Thread-safe. */
@FunctionalInterface
public interface Paths {
    /**
     * The path and the query behind the base URL's own path.
     *
     * @throws io.llmproxy.domain.error.ProxyException where nothing there answers such a request
     */
    String target(UpstreamRequest request);

    /** A path with its query, where it has one. */
    static String joined(String path, @Nullable String query) {
        return query == null ? path : path + "?" + query;
    }

    /** The client's query with an API version in it; as it is where the client names one, or there is none to name. */
    static @Nullable String versioned(@Nullable String query, @Nullable String version) {
        if (version == null || query != null && query.contains("api-version=")) {
            return query;
        }
        String ours = "api-version=" + URLEncoder.encode(version, StandardCharsets.UTF_8);
        return query == null ? ours : query + "&" + ours;
    }

    /**
     * A client's path below a prefix.
     *
     * @param version added as {@code api-version}; null: none is
     */
    static Paths below(String prefix, @Nullable String version) {
        return request -> {
            boolean asItIs = request.passthrough() || prefix.isEmpty();
            String path = asItIs ? request.path() : prefix + request.path();
            return joined(path, versioned(request.query(), version));
        };
    }
}

package io.llmproxy.adapter.http.h2;

import io.llmproxy.domain.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * A request's head.
 *
 * @param path with the query, as it was sent
 * @param authority what HTTP/1.1 has in the Host field; null: not sent
 */
public record RequestHead(
        String method, String path, @Nullable String authority, HeaderFields fields) {}

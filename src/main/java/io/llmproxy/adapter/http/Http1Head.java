package io.llmproxy.adapter.http;

import io.llmproxy.domain.HeaderFields;

/**
 * The head of a request in HTTP/1.1 or 1.0.
 *
 * @param target as it stood on the request line
 * @param http10 whether the client knows neither chunks nor connections that are used again
 * @param fields in their order and spelling
 */
record Http1Head(String method, String target, boolean http10, HeaderFields fields) {}

package io.llmproxy.adapter.http;

import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;

/**
 * Which fields may stand after a body (RFC 9110, section 6.5.1): none that a recipient must know before it, for framing,
 * routing, authentication, caching or to read the content, and none of the connection's own.
 */
final class TrailerRules {
    private static final FieldNames FORBIDDEN = FieldNames.of(
            // framing and the connection
            "connection",
            "content-length",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            // routing and control
            "age",
            "allow",
            "cache-control",
            "date",
            "expect",
            "expires",
            "host",
            "location",
            "max-forwards",
            "pragma",
            "retry-after",
            "vary",
            "warning",
            // authentication and state
            "authorization",
            "cookie",
            "proxy-authenticate",
            "proxy-authorization",
            "set-cookie",
            "www-authenticate",
            // the reading of the content
            "content-encoding",
            "content-range",
            "content-type",
            // the gateway's own, which came with the head
            "via",
            "x-request-id");

    private TrailerRules() {}

    /** Those of a request that may stand there. */
    static HeaderFields allowed(HeaderFields trailers) {
        if (trailers.size() == 0) {
            return HeaderFields.NONE;
        }
        HeaderFields allowed = new HeaderFields();
        trailers.forEach((name, value) -> {
            if (allowed(name, value)) {
                allowed.add(name, value);
            }
        });
        return allowed;
    }

    /** Malformed ones are not: the head has gone, and there is no other answer any more. */
    static boolean allowed(String name, String value) {
        return FieldText.token(name) && HeadRules.value(value) && !FORBIDDEN.contains(name);
    }
}

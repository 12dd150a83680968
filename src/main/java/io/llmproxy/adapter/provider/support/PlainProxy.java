package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.UpstreamProxy;
import org.jspecify.annotations.Nullable;

/** How a request without TLS goes through an HTTP proxy (RFC 9112, section 3.2.2): it names its whole address. */
record PlainProxy(String prefix, @Nullable String authorization) {
    static @Nullable PlainProxy of(Origin origin, @Nullable UpstreamProxy proxy) {
        return proxy == null || origin.tls()
                ? null
                : new PlainProxy("http://" + origin.authority(), ProxyTunnel.authorization(proxy));
    }

    String target(String path) {
        return prefix + path;
    }

    HeaderFields fields(HeaderFields request) {
        if (authorization == null) {
            return request;
        }
        HeaderFields fields = HeaderFields.of("Proxy-Authorization", authorization);
        request.forEach(fields::add);
        return fields;
    }

    /** Without the login. */
    @Override
    public String toString() {
        return "PlainProxy[" + prefix + "]";
    }
}

package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.identity.IpAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;

/**
 * Where an account's connections go.
 *
 * @param host a name, or an IP address without brackets
 */
public record Origin(boolean tls, String host, int port) {
    public static Origin of(URI baseUrl) {
        boolean tls = "https".equalsIgnoreCase(baseUrl.getScheme());
        String host = Objects.requireNonNull(baseUrl.getHost(), "base URL without a host");
        String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = baseUrl.getPort() >= 0 ? baseUrl.getPort() : tls ? 443 : 80;
        return new Origin(tls, plain.toLowerCase(Locale.ROOT), port);
    }

    /** The value of the Host field (RFC 9110, section 7.2): the port only where it is not the scheme's. */
    public String authority() {
        String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port == (tls ? 443 : 80) ? name : name + ":" + port;
    }

    byte @org.jspecify.annotations.Nullable [] literal() {
        return IpAddress.parse(host);
    }
}

package io.llmproxy.domain.model;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy through which connections to upstreams go.
 *
 * @param host a name, or an IP address without brackets
 * @param login {@code user:password}; null: it asks for none
 */
public record UpstreamProxy(String host, int port, @Nullable Secret login) {
    private static final String RULE = "must be http://[user:password@]host:port";

    /**
     * The text is never repeated, since it may hold a password.
     *
     * @throws InvalidValueException where it has another form
     */
    public static UpstreamProxy parse(String field, String text) {
        URI url = url(field, text);
        boolean bare = (url.getRawPath() == null
                        || url.getRawPath().isEmpty()
                        || url.getRawPath().equals("/"))
                && url.getRawQuery() == null
                && url.getRawFragment() == null;
        String host = url.getHost();
        if (!"http".equalsIgnoreCase(url.getScheme())
                || !bare
                || host == null
                || url.getPort() < 1
                || url.getPort() > 65535) {
            throw new InvalidValueException(field, RULE);
        }
        String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new UpstreamProxy(plain, url.getPort(), login(field, url.getUserInfo()));
    }

    private static URI url(String field, String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new InvalidValueException(field, RULE);
        }
    }

    private static @Nullable Secret login(String field, @Nullable String userInfo) {
        if (userInfo == null) {
            return null;
        }
        boolean printable = userInfo.chars().allMatch(c -> c >= ' ' && c < 127);
        if (userInfo.indexOf(':') < 1 || !printable || userInfo.length() > 1024) {
            throw new InvalidValueException(field, "its user and password must be user:password in visible ASCII");
        }
        return new Secret(userInfo);
    }

    /** Without the login. */
    public String url() {
        return "http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** As {@link #url}. */
    @Override
    public String toString() {
        return url();
    }
}

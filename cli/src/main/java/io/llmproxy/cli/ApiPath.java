package io.llmproxy.cli;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A path of the admin API, percent-encoded (RFC 3986) as it is sent. */
final class ApiPath {
    private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";

    private final String text;

    private ApiPath(String text) {
        this.text = text;
    }

    /** {@code /api/v1} and the segments below it. */
    static ApiPath of(String... segments) {
        return new ApiPath("/api/v1").then(segments);
    }

    static ApiPath raw(String path) {
        return new ApiPath(path);
    }

    /** @throws CliException where a segment is empty or all dots, as it would name another resource */
    ApiPath then(String... segments) {
        StringBuilder out = new StringBuilder(text);
        for (String segment : segments) {
            if (segment.isEmpty() || segment.chars().allMatch(c -> c == '.')) {
                throw CliException.usage("a name must not be empty or dots alone; got '" + segment + "'");
            }
            out.append('/');
            encode(out, segment);
        }
        return new ApiPath(out.toString());
    }

    /** Adds a query parameter unless it is null. */
    ApiPath with(String name, @Nullable String value) {
        if (value == null) {
            return this;
        }
        StringBuilder out = new StringBuilder(text).append(text.indexOf('?') < 0 ? '?' : '&');
        encode(out, name);
        out.append('=');
        encode(out, value);
        return new ApiPath(out.toString());
    }

    private static void encode(StringBuilder out, String text) {
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0 && PLAIN.indexOf(b) >= 0) {
                out.append((char) b);
            } else {
                out.append('%')
                        .append(Character.toUpperCase(Character.forDigit(b >> 4 & 15, 16)))
                        .append(Character.toUpperCase(Character.forDigit(b & 15, 16)));
            }
        }
    }

    @Override
    public String toString() {
        return text;
    }
}

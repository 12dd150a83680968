package io.llmproxy.adapter.http;

import org.jspecify.annotations.Nullable;

/**
 * A request target with scheme and authority, as clients send it that take this gateway for their proxy; a server must know it
 * (RFC 9112, section 3.2.2).
 *
 * @param authority takes the place of the Host field
 * @param path as it stood, without the query; a target without one means the root
 */
record AbsoluteForm(String authority, String path) {
    /** Null where the target is of another form. */
    static @Nullable AbsoluteForm of(String target) {
        if (target.startsWith("/")) {
            return null;
        }
        int start = after(target, "http://") + after(target, "https://");
        if (start == 0) {
            return null;
        }
        int slash = target.indexOf('/', start);
        int end = slash < 0 ? target.length() : slash;
        return new AbsoluteForm(target.substring(start, end), slash < 0 ? "/" : target.substring(slash));
    }

    private static int after(String target, String scheme) {
        return target.regionMatches(true, 0, scheme, 0, scheme.length()) ? scheme.length() : 0;
    }
}

package io.llmproxy.adapter.admin;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.util.List;
import java.util.function.Consumer;

/** Header fields that keep a browser from doing with an answer of administration what nobody asked it to. */
final class SafeHeaders {
    private static final List<Header> ALWAYS = List.of(
            HeaderValues.create(HeaderNames.CACHE_CONTROL, "no-store"),
            HeaderValues.create(HeaderNames.create("X-Content-Type-Options"), "nosniff"),
            HeaderValues.create(HeaderNames.create("X-Frame-Options"), "DENY"),
            HeaderValues.create(HeaderNames.create("Referrer-Policy"), "no-referrer"),
            HeaderValues.create(
                    HeaderNames.create("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'"));

    /** For a year: a browser asks this host by TLS alone from now on (RFC 6797). */
    private static final Header TLS_ALONE =
            HeaderValues.create(HeaderNames.create("Strict-Transport-Security"), "max-age=31536000");

    private SafeHeaders() {}

    /** @param secure whether the answer goes through TLS */
    static void add(Consumer<Header> answer, boolean secure) {
        ALWAYS.forEach(answer);
        if (secure) {
            answer.accept(TLS_ALONE);
        }
    }
}

package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeadBytes;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.RequestBody;

/** Writes the head of a request (RFC 9112); the last line of defence against a line break that would make two of one. */
final class RequestHead {
    private RequestHead() {}

    /** @throws IllegalArgumentException where a part would break the line it stands in */
    static HeadBytes bytes(String method, String target, Origin origin, HeaderFields headers, RequestBody body) {
        HeadBytes out = new HeadBytes(1024);
        out.text(word(method)).text(" ").text(word(target)).text(" HTTP/1.1\r\n");
        if (!headers.contains("Host")) {
            field(out, "Host", origin.authority());
        }
        for (int i = 0; i < headers.size(); i++) {
            if (headers.plain(i)) {
                out.field(headers.name(i), headers.value(i));
            } else {
                field(out, headers.name(i), headers.value(i));
            }
        }
        HeaderFields trailers = body.trailers();
        if (trailers.size() > 0) {
            field(out, "Transfer-Encoding", "chunked");
            for (int i = 0; i < trailers.size(); i++) {
                field(out, "Trailer", trailers.name(i));
            }
        } else if (!body.absent()) {
            field(out, "Content-Length", Long.toString(body.length()));
        }
        return out.lineEnd();
    }

    /** What comes after the last byte of a body that has trailers. */
    static HeadBytes trailers(HeaderFields trailers) {
        HeadBytes out = new HeadBytes(256);
        out.text("0\r\n");
        for (int i = 0; i < trailers.size(); i++) {
            field(out, trailers.name(i), trailers.value(i));
        }
        return out.lineEnd();
    }

    private static void field(HeadBytes out, String name, String value) {
        out.field(word(name), line(value));
    }

    private static String word(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c > 255 || c == 127) {
                throw new IllegalArgumentException("a method, target or field name has blanks or control characters");
            }
        }
        return text;
    }

    private static String line(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 255) {
                throw new IllegalArgumentException(
                        "a header field's value has a line break, or a character that is no byte");
            }
        }
        return text;
    }
}

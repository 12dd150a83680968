package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ContentCoding;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HeaderPolicy;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.scan.FirstContent;
import io.llmproxy.gateway.scan.FirstContent.Form;
import io.llmproxy.gateway.scan.UsageTap;
import io.llmproxy.port.ProviderCall;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a provider's answer goes on to the client.
 *
 * @param length of the body as the client gets it; -1: unknown
 * @param decode the content coding that is taken off; empty: none
 * @param streaming whether every piece goes out as it comes
 */
record Answer(HeaderFields headers, long length, boolean hasBody, String decode, boolean streaming) {
    /** Holds most events of a stream and most short answers. */
    private static final int SMALL = 1024;

    private static final int LARGE = 16 * 1024;
    private static final String EVENTS = "text/event-stream";

    static Answer of(Exchange x, ProviderCall.Head head) {
        HeaderFields headers = HeaderPolicy.toClient(head.headers());
        boolean hasBody = !x.request().method().equals("HEAD") && head.status() != 204 && head.status() != 304;
        String coding = headers.contains("content-encoding") ? coding(headers) : "";
        boolean decode = hasBody
                && !coding.isEmpty()
                && ContentCoding.known(coding)
                && (x.plainWanted() || !ContentCoding.accepted(x.request().headers(), coding));
        if (decode) {
            headers.remove("content-encoding");
        }
        long length = decode ? -1 : head.contentLength();
        boolean events = headers.first("content-type")
                .filter(t -> t.regionMatches(true, 0, EVENTS, 0, EVENTS.length()))
                .isPresent();
        return new Answer(headers, length, hasBody, decode ? coding : "", length < 0 || events);
    }

    private static String coding(HeaderFields headers) {
        return String.join(",", headers.all("content-encoding")).strip().toLowerCase(Locale.ROOT);
    }

    /** The body as the client gets it; what is read of it may be given to {@link #copy}. */
    InputStream opened(InputStream body) throws IOException {
        return decode.isEmpty() ? body : ContentCoding.decoded(decode, body);
    }

    /**
     * What tells when the answer says its first thing of worth; null: its first byte does.
     *
     * @param structured whether it has to be JSON or a stream of it
     */
    @Nullable
    FirstContent firstContent(boolean structured) {
        if (!hasBody) {
            return null;
        }
        String type = contentType();
        if (type.startsWith(EVENTS)) {
            return new FirstContent(Form.EVENTS, coding(headers));
        }
        if (!structured) {
            return null;
        }
        return new FirstContent(type.startsWith(UsageTap.LINES) ? Form.LINES : Form.DOCUMENT, coding(headers));
    }

    /** Whether its type is neither JSON nor a stream of it, nor one that says nothing. */
    boolean foreign() {
        String type = contentType();
        return !type.isEmpty()
                && !type.startsWith(EVENTS)
                && !type.contains("json")
                && !type.startsWith("text/plain")
                && !type.startsWith("application/octet-stream");
    }

    private String contentType() {
        return headers.first("content-type").orElse("").strip().toLowerCase(Locale.ROOT);
    }

    /** Copies the body to its end; an IOException is the provider's, the client's is a {@link ClientGoneException}. */
    void copy(InputStream in, ResponseSink sink) throws IOException {
        byte[] buffer = new byte[Math.clamp(length, SMALL, LARGE)];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            pass(buffer, n, sink);
            if (n == buffer.length && n < LARGE && n != length) {
                // more comes at a time than was expected
                buffer = new byte[Math.min(LARGE, 4 * n)];
            }
        }
    }

    void pass(byte[] buffer, int length, ResponseSink sink) {
        try {
            sink.write(buffer, 0, length);
            if (streaming) {
                sink.flush();
            }
        } catch (IOException e) {
            throw new ClientGoneException();
        }
    }
}

package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.gateway.ContentCoding;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts {@code ***} in place of the provider's credential where an answer quotes it: in the header values and the body of one that
 * is no success, in the events of a stream, where an error may come after the 200, and in trailers. A gzip or deflate error body is
 * decoded for it and goes on decoded; one in a coding that cannot be read goes on without its body. A credential of fewer than
 * four characters is left: it would stand by chance in any text.
 */
public final class CredentialRedactor {
    private static final int SHORTEST = 4;

    private static final String EVENTS = "text/event-stream";

    private final String credential;
    private final byte[] needle;

    public CredentialRedactor(Secret credential) {
        this.credential = credential.reveal();
        this.needle = this.credential.getBytes(StandardCharsets.UTF_8);
    }

    /** The call, with its answer redacted where that is an error. */
    public ProviderCall redacting(ProviderCall call, String method) {
        return credential.length() < SHORTEST ? call : new RedactedCall(call, method.equals("HEAD"));
    }

    private String redact(String value) {
        return value.contains(credential) ? value.replace(credential, "***") : value;
    }

    private HeaderFields redact(HeaderFields fields) {
        HeaderFields out = new HeaderFields();
        fields.forEach((name, value) -> out.add(name, redact(value)));
        return out;
    }

    private static String coding(HeaderFields headers) {
        if (!headers.contains("Content-Encoding")) {
            return "";
        }
        String name = String.join(",", headers.all("Content-Encoding")).strip().toLowerCase(Locale.ROOT);
        return name.equals("identity") ? "" : name;
    }

    private static boolean events(HeaderFields headers) {
        return headers.first("Content-Type")
                .filter(type -> type.regionMatches(true, 0, EVENTS, 0, EVENTS.length()))
                .isPresent();
    }

    private final class RedactedCall implements ProviderCall {
        private final ProviderCall call;
        private final boolean headMethod;
        private @Nullable InputStream body;

        RedactedCall(ProviderCall call, boolean headMethod) {
            this.call = call;
            this.headMethod = headMethod;
        }

        @Override
        public Head execute() throws UpstreamException {
            Head head = call.execute();
            if (head.status() >= 400) {
                return redacted(head);
            }
            // stars would break a length that was announced
            if (head.contentLength() < 0
                    && events(head.headers())
                    && coding(head.headers()).isEmpty()) {
                body = new RedactingInputStream(call.body(), needle);
            }
            return head;
        }

        @Override
        public boolean sent() {
            return call.sent();
        }

        private Head redacted(Head head) {
            HeaderFields fields = redact(head.headers());
            String coding = coding(fields);
            if (headMethod || head.contentLength() == 0) {
                return new Head(head.status(), fields, head.contentLength());
            }
            fields.remove("Content-Length")
                    .remove("Content-Encoding")
                    .remove("Content-MD5")
                    .remove("Digest");
            if (!coding.isEmpty() && !ContentCoding.known(coding)) {
                body = InputStream.nullInputStream();
                return new Head(head.status(), fields.remove("Content-Type"), 0);
            }
            InputStream plain = coding.isEmpty() ? call.body() : ContentCoding.decoded(coding, call.body());
            body = new RedactingInputStream(plain, needle);
            return new Head(head.status(), fields, -1);
        }

        @Override
        public HeaderFields trailers() {
            HeaderFields trailers = call.trailers();
            return trailers.size() == 0 ? trailers : redact(trailers);
        }

        @Override
        public InputStream body() {
            return Objects.requireNonNullElseGet(body, call::body);
        }

        @Override
        public void cancel() {
            call.cancel();
        }

        @Override
        public void close() {
            call.close();
        }
    }
}

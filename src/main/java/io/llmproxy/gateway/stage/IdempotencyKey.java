package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.IdempotencyStore.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What makes a request the same as another: the API key, the method, the address, the field's value; and the bytes of its body. */
final class IdempotencyKey {
    static final String FIELD = "idempotency-key";
    private static final int MAX_LENGTH = 255;
    private static final int BUFFER = 16 * 1024;

    private IdempotencyKey() {}

    static Request of(Exchange x) {
        String value = value(x.request().headers());
        Principal principal = x.principal();
        return new Request(
                identity(principal, x.request(), value),
                content(x),
                principal.tenant().id());
    }

    private static String value(HeaderFields headers) {
        String value = headers.first(FIELD).orElse("");
        boolean one = headers.count(FIELD) == 1;
        if (!one || value.isEmpty() || value.length() > MAX_LENGTH || !visible(value)) {
            throw Refusals.invalid(
                    "The Idempotency-Key must be one field of 1 to " + MAX_LENGTH + " visible ASCII characters.", null);
        }
        return value;
    }

    private static boolean visible(String value) {
        return value.chars().allMatch(c -> c > ' ' && c < 127);
    }

    /** Of parts that hold no line end. */
    private static Fingerprint identity(Principal principal, ClientRequest request, String value) {
        String query = request.query();
        String all = "gateway\n" + principal.key().id() + "\n" + request.method() + "\n" + request.path() + "\n"
                + (query == null ? "" : query) + "\n" + value;
        return Fingerprint.of(sha256().digest(all.getBytes(StandardCharsets.UTF_8)));
    }

    private static Fingerprint content(Exchange x) {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = x.body().open()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading the request body again failed", e);
        }
        return Fingerprint.of(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

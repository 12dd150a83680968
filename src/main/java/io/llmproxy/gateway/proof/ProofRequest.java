package io.llmproxy.gateway.proof;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.ClientRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A chat request of the sandbox. */
final class ProofRequest implements ClientRequest {
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final byte[] body;
    private final HeaderFields headers = new HeaderFields();

    ProofRequest(String secret, String model, int maxTokens, boolean stream) {
        String json = """
                {"model":"%s","max_tokens":%d,"stream":%s,"messages":[{"role":"user","content":"%s"}]}""".formatted(model, maxTokens, stream, "prove it ".repeat(1 + maxTokens % 7));
        this.body = json.getBytes(StandardCharsets.UTF_8);
        headers.add("Authorization", "Bearer " + secret);
        headers.add("Content-Type", "application/json");
    }

    @Override
    public String method() {
        return "POST";
    }

    @Override
    public String path() {
        return "/v1/chat/completions";
    }

    @Override
    public @Nullable String query() {
        return null;
    }

    @Override
    public HeaderFields headers() {
        return headers;
    }

    @Override
    public byte[] clientAddress() {
        return LOOPBACK.clone();
    }

    @Override
    public long contentLength() {
        return body.length;
    }

    @Override
    public InputStream body() {
        return new ByteArrayInputStream(body);
    }

    @Override
    public Watch watch(Runnable onGone) {
        return () -> {};
    }

    @Override
    public boolean gone() {
        return false;
    }
}

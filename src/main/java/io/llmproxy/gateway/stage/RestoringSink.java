package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.HoldingSink;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.privacy.AnswerRestoration;
import io.llmproxy.gateway.privacy.Vault;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Puts what was taken out of the request back into the answer on its way to the client. */
final class RestoringSink extends HoldingSink {
    private final Vault vault;
    private final boolean bodiless;
    private @Nullable AnswerRestoration restoration;

    /** @param bodiless whether the answer has no body, whatever its head says */
    RestoringSink(ResponseSink client, Vault vault, boolean bodiless) {
        super(client);
        this.vault = vault;
        this.bodiless = bodiless;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        boolean coded = headers.first("content-encoding")
                .filter(c -> !c.strip().equalsIgnoreCase("identity"))
                .isPresent();
        AnswerRestoration fitting =
                AnswerRestoration.of(headers.first("content-type").orElse(""), vault);
        boolean changes = !bodiless && !coded && status != 204 && status != 304 && fitting.changes();
        restoration = changes ? fitting : null;
        client.head(status, headers, changes ? -1 : contentLength);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        AnswerRestoration restoring = restoration;
        if (restoring == null) {
            client.write(bytes, offset, length);
        } else {
            pass(restoring.feed(bytes, offset, length));
        }
    }

    @Override
    protected void finish() throws IOException {
        AnswerRestoration restoring = restoration;
        if (restoring != null) {
            pass(restoring.finish());
        }
    }

    private void pass(byte[] bytes) throws IOException {
        if (bytes.length > 0) {
            client.write(bytes, 0, bytes.length);
        }
    }
}

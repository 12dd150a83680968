package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.gateway.DelegatingSink;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.audit.Recording;
import io.llmproxy.gateway.audit.Transcripts;
import io.llmproxy.gateway.privacy.Redactor;
import io.llmproxy.gateway.privacy.Redactors;
import io.llmproxy.port.Tracing.RequestSpan;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what was asked and answered, for tenants that want it kept; for all others it is one look at a field. The answer is kept as the
 * client gets it, or why the gateway refused; the request as it came. Storing is another thread's. A span that is to tell of both gets them as they are kept.
 */
public final class Transcribe implements Stage {
    private final Transcripts transcripts;
    private final Redactors redactors;

    public Transcribe(Transcripts transcripts, Redactors redactors) {
        this.transcripts = transcripts;
        this.redactors = redactors;
    }

    @Override
    public void handle(Exchange x, Next next) {
        Tenant tenant = x.principal().tenant();
        AuditMode mode = tenant.settings().auditMode();
        Recording recording = mode.bodies() ? begin(x, tenant, mode) : null;
        if (recording == null) {
            next.handle(x);
            return;
        }
        ResponseSink client = x.sink();
        x.sink(new Listening(client, recording));
        try {
            request(x, recording);
            next.handle(x);
        } catch (ProxyException e) {
            if (!client.started()) {
                recording.refused(e.error());
            }
            throw e;
        } finally {
            x.sink(client);
            RequestSpan span = x.span();
            if (span != null && span.contentWanted()) {
                span.said(recording.transcript());
            }
            transcripts.end(recording);
        }
    }

    private @Nullable Recording begin(Exchange x, Tenant tenant, AuditMode mode) {
        Redactor redactor =
                mode == AuditMode.REDACTED ? redactors.stored(tenant.settings().redaction()) : null;
        return transcripts.begin(tenant.id(), x.requestId(), redactor);
    }

    private static void request(Exchange x, Recording recording) {
        String type = x.request().headers().first("content-type").orElse("");
        try (InputStream in = x.body().open()) {
            byte[] bytes = in.readNBytes(Transcript.MAX_BODY);
            boolean more = bytes.length == Transcript.MAX_BODY && in.read() >= 0;
            recording.request(type, bytes, more);
        } catch (IOException e) {
            // the request itself will say what is wrong with its body
            recording.request(type, new byte[0], true);
        }
    }

    /** Listens to what goes to the client. */
    private static final class Listening extends DelegatingSink {
        private final Recording recording;

        private Listening(ResponseSink client, Recording recording) {
            super(client);
            this.recording = recording;
        }

        @Override
        public void head(int status, HeaderFields headers, long contentLength) throws IOException {
            recording.head(
                    headers.first("content-type").orElse(""),
                    headers.first("content-encoding").orElse(""));
            client.head(status, headers, contentLength);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            recording.write(bytes, offset, length);
            client.write(bytes, offset, length);
        }
    }
}

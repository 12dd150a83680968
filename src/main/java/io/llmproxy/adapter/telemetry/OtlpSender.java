package io.llmproxy.adapter.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.common.export.HttpSender;
import io.opentelemetry.sdk.common.export.HttpSenderConfig;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Posts what the exporter has encoded, on the exporter's own thread; whatever is no 2xx is a {@link CollectorRefusal}. It is no part
 * of serving, so that the JDK's plain client does: the modern one is a module of its own, and the image small.
 */
final class OtlpSender implements HttpSender {
    private static final int MAX_ANSWER = 64 * 1024;

    private final HttpSenderConfig config;

    private final Supplier<SSLSocketFactory> tls;

    /** @param tls whom a collector over HTTPS is to be vouched for by; asked for the first connection and not before */
    OtlpSender(HttpSenderConfig config, Supplier<SSLSocketFactory> tls) {
        this.config = config;
        this.tls = tls;
    }

    private record Answer(int getStatusCode, String getStatusMessage) implements HttpResponse {
        @Override
        public byte[] getResponseBody() {
            return new byte[0];
        }
    }

    @Override
    public void send(MessageWriter message, Consumer<HttpResponse> answered, Consumer<Throwable> failed) {
        Answer answer;
        try {
            answer = post(message);
        } catch (IOException | RuntimeException e) {
            failed.accept(e);
            return;
        }
        if (answer.getStatusCode() / 100 == 2) {
            answered.accept(answer);
        } else {
            failed.accept(new CollectorRefusal(answer.getStatusCode()));
        }
    }

    private Answer post(MessageWriter message) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) config.getEndpoint().toURL().openConnection();
        if (connection instanceof HttpsURLConnection secure) {
            secure.setSSLSocketFactory(tls.get());
        }
        connection.setConnectTimeout(Math.toIntExact(config.getConnectTimeout().toMillis()));
        connection.setReadTimeout(Math.toIntExact(config.getTimeout().toMillis()));
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", config.getContentType());
        @Nullable
        Map<String, List<String>> headers = config.getHeadersSupplier().get();
        if (headers != null) {
            headers.forEach((name, values) -> values.forEach(v -> connection.addRequestProperty(name, v)));
        }
        connection.setDoOutput(true);
        // of known length, or the client would send it a second time by itself
        connection.setFixedLengthStreamingMode(message.getContentLength());
        try (OutputStream out = connection.getOutputStream()) {
            message.writeMessage(out);
        }
        int status = connection.getResponseCode();
        @Nullable String reason = connection.getResponseMessage();
        drain(connection, status);
        return new Answer(status, reason == null ? "" : reason);
    }

    /** So that the connection can be used again; one that says too much is closed. */
    private static void drain(HttpURLConnection connection, int status) throws IOException {
        try (@Nullable InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            if (body != null && body.readNBytes(MAX_ANSWER).length == MAX_ANSWER) {
                connection.disconnect();
            }
        }
    }

    @Override
    public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
    }
}

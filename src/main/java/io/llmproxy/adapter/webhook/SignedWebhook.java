package io.llmproxy.adapter.webhook;

import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.port.AlertHook;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Posts alerts as JSON, signed: {@value #SIGNATURE} is {@code t=SECONDS,v1=HEX}, where HEX is the HMAC-SHA256 of {@code SECONDS.BODY} under
 * the secret. Any 2xx is a yes. By the JDK's old client, whose module is in the image anyway; one connection for each call.
 */
public final class SignedWebhook implements AlertHook {
    static final String SIGNATURE = "x-llmproxy-signature";
    static final int MIN_SECRET = 16;
    private static final String ALGORITHM = "HmacSHA256";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final URI url;
    private final Path secretFile;
    private final Duration timeout;
    private final Supplier<SSLSocketFactory> tls;

    /**
     * @param secretFile read at each call, so that a new secret needs no start
     * @param timeout for a call as a whole
     * @param tls whom a receiver over HTTPS is to be vouched for by; asked for the first call and not before
     */
    public SignedWebhook(URI url, Path secretFile, Duration timeout, Supplier<SSLSocketFactory> tls) {
        this.url = url;
        this.secretFile = secretFile;
        this.timeout = timeout;
        this.tls = tls;
    }

    /** The secret as it is now. @throws IOException where the file cannot be read, or holds too short a one */
    public static byte[] secret(Path file) throws IOException {
        String secret;
        try {
            secret = Files.readString(file).strip();
        } catch (IOException e) {
            throw new IOException(
                    "the webhook's secret cannot be read from " + file + " ("
                            + e.getClass().getSimpleName() + ")",
                    e);
        }
        if (secret.length() < MIN_SECRET) {
            throw new IOException("the webhook's secret in " + file + " has fewer than " + MIN_SECRET + " characters");
        }
        return secret.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void send(BudgetAlert alert, Instant now) throws IOException {
        byte[] body = JSON.writeValueAsBytes(AlertJson.of(alert));
        String signature = signature(secret(secretFile), now.getEpochSecond(), body);
        HttpURLConnection connection = opened();
        AtomicBoolean late = new AtomicBoolean();
        // a receiver that sends a byte now and then is waited for no longer than one that sends none
        Thread guard = Thread.ofVirtual().name("webhook-guard").start(() -> cutLater(connection, late));
        try {
            int status = post(connection, body, signature, alert.id().toString());
            // a head that was cut looks like one that ended
            if (late.get()) {
                throw new IOException("it took too long");
            }
            if (status / 100 != 2) {
                throw new IOException("it answered " + status);
            }
        } catch (IOException e) {
            throw new IOException("calling " + shown() + ": " + e.getMessage(), e);
        } finally {
            guard.interrupt();
            connection.disconnect();
        }
    }

    private HttpURLConnection opened() throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        if (connection instanceof HttpsURLConnection secure) {
            try {
                secure.setSSLSocketFactory(tls.get());
            } catch (UncheckedIOException e) {
                throw new IOException("calling " + shown() + ": " + e.getMessage(), e);
            }
        }
        return connection;
    }

    private int post(HttpURLConnection connection, byte[] body, String signature, String id) throws IOException {
        int millis = Math.toIntExact(timeout.toMillis());
        connection.setConnectTimeout(millis);
        connection.setReadTimeout(millis);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty("User-Agent", "llmproxy");
        connection.setRequestProperty("Connection", "close");
        connection.setRequestProperty("x-llmproxy-alert", id);
        connection.setRequestProperty(SIGNATURE, signature);
        connection.setDoOutput(true);
        // of known length, or the client would send it a second time by itself
        connection.setFixedLengthStreamingMode(body.length);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        return connection.getResponseCode();
    }

    private void cutLater(HttpURLConnection connection, AtomicBoolean late) {
        try {
            Thread.sleep(timeout);
            late.set(true);
            connection.disconnect();
        } catch (InterruptedException e) {
            // it has answered
        }
    }

    /** The address without what may be a secret in it. */
    private String shown() {
        return url.getScheme() + "://" + url.getRawAuthority();
    }

    static String signature(byte[] secret, long seconds, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            mac.update((seconds + ".").getBytes(StandardCharsets.US_ASCII));
            return "t=" + seconds + ",v1=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this machine has no " + ALGORITHM, e);
        }
    }
}

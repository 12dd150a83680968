package io.llmproxy.adapter.provider.azure;

import io.llmproxy.adapter.provider.support.AccountCredential;
import io.llmproxy.adapter.provider.support.HttpUpstream;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Asks Entra ID for tokens by the client credentials flow ("OAuth 2.0 client credentials flow", with a shared secret). */
public final class EntraTokens {
    /** Where the public cloud's tokens are asked for. */
    public static final String PUBLIC_CLOUD = "https://login.microsoftonline.com";

    private static final String SCOPE = "https://cognitiveservices.azure.com/.default";
    private static final long PATIENCE_SECONDS = 20;
    private static final int LARGEST = 256 * 1024;
    private static final long SHORTEST_LIFE = 2;
    private static final long LONGEST_LIFE = 86_400;

    private final HttpUpstream authority;
    private final String target;
    private final AccountCredential credential;
    private final String client;
    private final String scope;

    /**
     * @param authority where tokens are asked for; closed with this
     * @param credential the application's secret
     */
    public EntraTokens(HttpUpstream authority, ProviderOptions options, AccountCredential credential) {
        this.authority = authority;
        this.credential = credential;
        String path = authority(options).getRawPath();
        this.target = path + "/" + encoded(options.get(ProviderOptions.ENTRA_TENANT, "")) + "/oauth2/v2.0/token";
        this.client = options.get(ProviderOptions.ENTRA_CLIENT, "");
        this.scope = options.get(ProviderOptions.ENTRA_SCOPE, SCOPE);
    }

    /** A token, and how long it holds from now on. */
    public record Token(Secret value, Duration life) {}

    /** Without a slash at its end. */
    public static URI authority(ProviderOptions options) {
        String text = options.get(ProviderOptions.ENTRA_AUTHORITY, PUBLIC_CLOUD);
        return URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    }

    /**
     * Blocks, some seconds at most.
     *
     * @throws IOException whose message says why there is none; it quotes no secret
     */
    Token fetch() throws IOException {
        if (credential.fault() != null) {
            throw new IOException(credential.fault());
        }
        String secret = Objects.requireNonNull(credential.secret()).reveal();
        String form = "grant_type=client_credentials&client_id=" + encoded(client) + "&client_secret=" + encoded(secret)
                + "&scope=" + encoded(scope);
        HeaderFields fields =
                HeaderFields.of("Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json");
        RequestBody body = RequestBody.of(form.getBytes(StandardCharsets.UTF_8));
        try (ProviderCall call = authority.call("POST", target, fields, body)) {
            var late = java.util.concurrent.CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            late.execute(call::cancel);
            int status = call.execute().status();
            JsonNode answer = Json.parse(call.body().readNBytes(LARGEST));
            return status == 200 ? token(answer) : refused(status, answer);
        }
    }

    private static Token token(JsonNode answer) throws IOException {
        String value = Json.text(answer, "access_token", "");
        boolean plain = value.chars().allMatch(c -> c > ' ' && c < 127);
        if (value.isEmpty() || !plain) {
            throw new IOException("its answer has no token");
        }
        long seconds = Math.clamp(Json.count(answer, "expires_in"), SHORTEST_LIFE, LONGEST_LIFE);
        return new Token(new Secret(value), Duration.ofSeconds(seconds));
    }

    /** Its words for the error alone: the description is free text. */
    private static Token refused(int status, JsonNode answer) throws IOException {
        String word = Json.text(answer, "error", "");
        long code = Json.count(answer.path("error_codes"), 0);
        boolean known =
                !word.isEmpty() && word.length() < 64 && word.chars().allMatch(c -> c >= 'a' && c <= 'z' || c == '_');
        throw new IOException(
                "it answered " + status + (known ? " " + word : "") + (code > 0 ? " (AADSTS" + code + ")" : ""));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    void close() {
        authority.retire();
    }
}

package io.llmproxy.adapter.provider.azure;

import static io.llmproxy.adapter.provider.Accounts.account;
import static io.llmproxy.adapter.provider.Accounts.providers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AzureProviderTest {
    private static final Credential KEY = new Credential.Referenced(SecretRef.parse("env:KEY"));
    private static final String TOKEN_PATH = "/directory-1/oauth2/v2.0/token";

    private final FakeProvider fake = FakeProvider.start();
    private final FakeProvider entra = FakeProvider.start();
    private @Nullable Provider opened;

    @AfterEach
    void tearDown() {
        if (opened != null) {
            opened.retire();
        }
        fake.close();
        entra.close();
    }

    private ProviderAccount azure() {
        return account(ProviderKind.AZURE, URI.create(fake.origin()), KEY, Map.of(), true, Accounts.TENANT);
    }

    private Provider open(ProviderAccount account) {
        opened = providers(Map.of("KEY", "secret-1")).open(account);
        return opened;
    }

    private Provider withTokens() {
        return open(Accounts.with(
                azure(),
                null,
                Map.of(
                        "entra-tenant", "directory-1",
                        "entra-client", "app 1",
                        "entra-authority", entra.origin())));
    }

    private static UpstreamRequest post(String path, @Nullable String query, @Nullable String model) {
        RequestBody body = RequestBody.of("{\"model\":\"gpt-4o\"}".getBytes(StandardCharsets.UTF_8));
        return new UpstreamRequest("POST", path, false, query, new HeaderFields(), body, model, null);
    }

    private static String send(Provider provider, UpstreamRequest request) throws IOException {
        try (ProviderCall call = provider.call(request)) {
            call.execute();
            return new String(call.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/chat/completions,     ,                ,           /openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
        "/chat/completions/,    ,                2025-01-01, /openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01",
        "/embeddings,           api-version=own, 2025-01-01, /openai/deployments/gpt-4o/embeddings?api-version=own",
        "/completions,          a=b,             ,           /openai/deployments/gpt-4o/completions?a=b&api-version=2024-10-21",
        "/audio/transcriptions, ,                ,           /openai/deployments/gpt-4o/audio/transcriptions?api-version=2024-10-21",
        "/images/generations,   ,                ,           /openai/deployments/gpt-4o/images/generations?api-version=2024-10-21",
        "/responses,            ,                ,           /openai/v1/responses",
        "/files/f-1/content,    x=1,             ,           /openai/v1/files/f-1/content?x=1",
        "/models,               ,                ,           /openai/models?api-version=2024-10-21",
    })
    void theModelIsTheDeployment(String path, String query, String version, String target) throws IOException {
        Provider provider = open(Accounts.with(azure(), version, Map.of()));
        send(provider, post(path, query, "gpt-4o"));
        assertThat(fake.lastRequest().target()).isEqualTo(target);
        assertThat(fake.lastRequest().text()).isEqualTo("{\"model\":\"gpt-4o\"}");
        assertThat(fake.lastRequest().header("api-key")).isEqualTo("secret-1");
        assertThat(fake.lastRequest().headers()).doesNotContainKey("authorization");
    }

    @ParameterizedTest
    @CsvSource({
        "/openai/deployments/d/chat/completions, , /openai/deployments/d/chat/completions?api-version=2024-10-21",
        "/openai/v1/responses, a=b, /openai/v1/responses?a=b",
        "/other, , /other",
    })
    void whatIsPassedThroughKeepsItsPath(String path, String query, String target) throws IOException {
        UpstreamRequest request =
                new UpstreamRequest("POST", path, true, query, new HeaderFields(), RequestBody.NONE, null, null);
        send(open(azure()), request);
        assertThat(fake.lastRequest().target()).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".", "a/b", "a%2fb", "a b", "", "\u00e4", "a?b"})
    void whatIsNoDeploymentIsRefused(String model) {
        Provider provider = open(azure());
        assertThatThrownBy(() -> provider.call(post("/chat/completions", null, model)))
                .isInstanceOfSatisfying(
                        ProxyException.class,
                        e -> assertThat(e.error().status()).isEqualTo(400));
        assertThatThrownBy(() -> provider.call(post("/chat/completions", null, null)))
                .isInstanceOf(ProxyException.class);
        assertThat(fake.connections()).isZero();
    }

    @Test
    void aTokenIsFetchedOnceAndSentInThePlaceOfAKey() throws IOException {
        entra.on(TOKEN_PATH, Script.answer(200, "{\"access_token\":\"token-abc\",\"expires_in\":3599}"));
        fake.on(
                "/openai/deployments/d/embeddings",
                Script.answer(200, "{}"),
                Script.answer(401, "no token-abc, no secret-1"));
        Provider provider = withTokens();

        send(provider, post("/embeddings", null, "d"));
        String refused = send(provider, post("/embeddings", null, "d"));

        assertThat(entra.requests()).hasSize(1);
        assertThat(entra.lastRequest().text())
                .isEqualTo("grant_type=client_credentials&client_id=app+1&client_secret=secret-1"
                        + "&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default");
        assertThat(fake.lastRequest().header("authorization")).isEqualTo("Bearer token-abc");
        assertThat(fake.lastRequest().headers()).doesNotContainKey("api-key");
        assertThat(provider.fault()).isNull();
        assertThat(refused).contains("***").doesNotContain("token-abc");
    }

    @Test
    void aTokenIsRenewedBeforeItsEndAndKeptWhileThatFails() throws IOException {
        entra.on(
                TOKEN_PATH,
                Script.answer(200, "{\"access_token\":\"first\",\"expires_in\":2}"),
                Script.answer(200, "{\"access_token\":\"second\",\"expires_in\":3600}"));
        Provider provider = withTokens();
        send(provider, post("/embeddings", null, "d"));
        entra.awaitRequests(2);
        until(() -> {
            send(provider, post("/embeddings", null, "d"));
            return "Bearer second".equals(fake.lastRequest().header("authorization"));
        });
        assertThat(provider.fault()).isNull();
    }

    @Test
    void withoutATokenTheProviderHasAFaultThatSaysWhyAndNothingIsSent() {
        entra.on(
                TOKEN_PATH,
                Script.answer(
                        401,
                        "{\"error\":\"invalid_client\",\"error_codes\":[7000215],\"error_description\":\"secret-1 is wrong\"}"));
        Provider provider = withTokens();

        assertThatThrownBy(() -> send(provider, post("/embeddings", null, "d")))
                .hasMessageContaining("it answered 401 invalid_client (AADSTS7000215)")
                .hasMessageNotContaining("secret-1");
        assertThat(provider.fault()).contains("invalid_client");
        assertThat(fake.connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "{}", "{\"access_token\":5}", "{\"access_token\":\"a\\r\\nX: y\"}", "{\"acc"})
    void whatIsNoTokenIsNone(String answer) {
        entra.on(TOKEN_PATH, Script.answer(200, answer));
        Provider provider = withTokens();

        assertThatThrownBy(() -> send(provider, post("/embeddings", null, "d")))
                .hasMessageContaining("its answer has no token");
    }

    @Test
    void tokensAreFetchedAgainWhenTheDirectoryIsBack() throws IOException {
        entra.on(
                TOKEN_PATH,
                Script.answer(503, "{}"),
                Script.answer(200, "{\"access_token\":\"late\",\"expires_in\":3600}"));
        Provider provider = withTokens();
        until(() -> entra.requests().size() > 1 && provider.fault() == null);
        send(provider, post("/embeddings", null, "d"));
        assertThat(fake.lastRequest().header("authorization")).isEqualTo("Bearer late");
    }

    @Test
    void optionsThatMeanNothingAreRefused() {
        ProviderAccount half = Accounts.with(azure(), null, Map.of("entra-tenant", "d"));
        ProviderAccount odd = Accounts.with(azure(), null, Map.of("entra-tennant", "d"));
        ProviderAccount metadata = Accounts.with(azure(), null, Map.of("entra-authority", "http://169.254.169.254"));

        assertThatThrownBy(() -> half.options().check(half.kind()))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("entra-client");
        assertThatThrownBy(() -> odd.options().check(odd.kind()))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("it has entra-tenant, entra-client");
        assertThatThrownBy(() -> providers(Map.of()).check(metadata)).isInstanceOf(InvalidValueException.class);
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void until(Condition condition) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.holds()) {
            assertThat(System.nanoTime() < end).as("within thirty seconds").isTrue();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}

package io.llmproxy.adapter.provider.openai;

import static io.llmproxy.adapter.provider.Accounts.account;
import static io.llmproxy.adapter.provider.Accounts.providers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Request;
import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiProviderTest {
    private static final Credential KEY = new Credential.Referenced(SecretRef.parse("env:UPSTREAM_KEY"));
    private static final Map<String, String> SECRETS = Map.of("UPSTREAM_KEY", "sk-secret-1");

    private final FakeProvider fake = FakeProvider.start();

    @AfterEach
    void tearDown() {
        fake.close();
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI,  /v1,       false, /chat/completions, x=%2F, /v1/chat/completions?x=%2F",
        "OPENAI,  /v1/,      false, /models,           ,      /v1/models",
        "CUSTOM,  '',        false, /models,           ,      /models",
        "CUSTOM,  /a%20b//,  false, /models/x%3Ay,     ,      /a%20b/models/x%3Ay",
        "OLLAMA,  '',        false, /models,           ,      /v1/models",
        "OLLAMA,  /proxy/,   false, /models,           ,      /proxy/v1/models",
        "OLLAMA,  '',        true,  /api/tags,         a,     /api/tags?a",
        "OPENAI,  /v1,       true,  /models,           ,      /v1/models",
        "MISTRAL, '',        true,  '',                ,      /",
    })
    void asksForTheRightTarget(
            ProviderKind kind, String base, boolean passthrough, String path, String query, String target)
            throws IOException {
        Provider provider = providers(Map.of()).open(account(kind, fake.origin() + base));
        send(provider, new UpstreamRequest("GET", path, passthrough, query, new HeaderFields(), RequestBody.NONE));
        assertThat(fake.lastRequest().target()).isEqualTo(target);
    }

    @ParameterizedTest
    @CsvSource({
        ",                 /v1/models?api-version=2024-10-21",
        "a=b,              /v1/models?a=b&api-version=2024-10-21",
        "api-version=mine, /v1/models?api-version=mine",
    })
    void namesTheApiVersionThatTheOperatorChose(String query, String target) throws IOException {
        ProviderAccount plain = account(ProviderKind.CUSTOM, fake.baseUrl().toString());
        ProviderAccount versioned = new ProviderAccount(
                plain.id(),
                plain.tenantId(),
                plain.name(),
                plain.kind(),
                plain.baseUrl(),
                plain.credential(),
                plain.models(),
                plain.priority(),
                plain.weight(),
                plain.headers(),
                "2024-10-21",
                plain.timeouts(),
                plain.egress(),
                plain.streamUsage(),
                io.llmproxy.domain.model.Abilities.NONE,
                plain.privateAllowed(),
                plain.enabled(),
                plain.createdAt(),
                plain.updatedAt());
        Provider provider = providers(Map.of()).open(versioned);
        send(provider, new UpstreamRequest("GET", "/models", false, query, new HeaderFields(), RequestBody.NONE));
        assertThat(fake.lastRequest().target()).isEqualTo(target);
    }

    @Test
    void sendsTheCredentialAndTheOperatorsHeaders() throws IOException {
        Provider provider = open(KEY, Map.of("OpenAI-Organization", "org-1", "x-client", "operator"));
        HeaderFields headers = HeaderFields.of("Accept", "a/b", "X-Client", "client", "authorization", "Bearer client");
        send(provider, new UpstreamRequest("GET", "/models", false, null, headers, RequestBody.NONE));
        Request request = fake.lastRequest();
        assertThat(request.headers().get("authorization")).containsExactly("Bearer sk-secret-1");
        assertThat(request.headers().get("x-client")).containsExactly("operator");
        assertThat(request.header("openai-organization")).isEqualTo("org-1");
        assertThat(request.header("accept")).isEqualTo("a/b");
        assertThat(request.header("via")).isEqualTo("1.1 llmproxy");
        assertThat(request.headers()).doesNotContainKeys("accept-encoding", "content-length", "user-agent");
    }

    @Test
    void tellsOnceThatTheRequestCameThroughUs() throws IOException {
        HeaderFields headers = HeaderFields.of("Via", "1.0 other, 1.1 llmproxy");
        send(
                open(new Credential.None(), Map.of()),
                new UpstreamRequest("GET", "/models", false, null, headers, RequestBody.NONE));
        assertThat(fake.lastRequest().headers().get("via")).containsExactly("1.0 other, 1.1 llmproxy");
    }

    @Test
    void sendsNoAuthorizationWithoutACredential() throws IOException {
        send(open(new Credential.None(), Map.of()), get());
        assertThat(fake.lastRequest().headers()).doesNotContainKey("authorization");
    }

    @Test
    void opensASealedCredentialWithItsOwnContextOnly() throws IOException {
        String own = Accounts.TENANT + "|provider|" + Accounts.ID;
        send(open(new Credential.Sealed("sk-sealed@" + own), Map.of()), get());
        assertThat(fake.lastRequest().header("authorization")).isEqualTo("Bearer sk-sealed");

        Provider shared = open(new Credential.Sealed("sk-sealed@shared|provider|" + Accounts.ID), Map.of(), null);
        assertThat(shared.fault()).isNull();
        Provider foreign = open(new Credential.Sealed("sk-sealed@" + own), Map.of(), new UUID(9, 9));
        assertThat(foreign.fault()).contains("cannot be opened").doesNotContain("sk-sealed");
    }

    @Test
    void saysWhichCredentialIsMissingAndCallsNobody() {
        Provider provider = open(new Credential.Referenced(SecretRef.parse("env:ABSENT")), Map.of());
        assertThat(provider.fault()).startsWith("credential env:ABSENT is not set: ");
        try (ProviderCall call = provider.call(get())) {
            assertThatThrownBy(call::execute)
                    .isInstanceOfSatisfying(
                            UpstreamException.class,
                            e -> assertThat(e.kind()).isEqualTo(UpstreamException.Kind.CONNECT))
                    .hasMessageContaining("credential env:ABSENT is not set");
        }
        assertThat(fake.connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nX-Evil: 1", "a\nb", "a\0b", "", "\u20ac"})
    void neverSendsACredentialThatNoHeaderCanCarry(String value) {
        Provider provider = providers(Map.of("UPSTREAM_KEY", value))
                .open(account(ProviderKind.OPENAI, fake.baseUrl(), KEY, Map.of(), true, null));
        assertThat(provider.fault()).startsWith("credential env:UPSTREAM_KEY ").doesNotContain("Evil");
    }

    @Test
    void neverShowsTheCredential() throws IOException {
        fake.on("/v1/models", Script.answer(401, "bad key sk-secret-1!", "X-Key", "sk-secret-1"));
        Provider provider = open(KEY, Map.of());
        try (ProviderCall call = provider.call(get())) {
            assertThat(call.execute().headers().first("x-key")).hasValue("***");
            assertThat(new String(call.body().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("bad key ***!");
            assertThat(call.toString() + provider).doesNotContain("sk-secret-1");
        }
        fake.close();
        try (ProviderCall call = provider.call(get())) {
            assertThatThrownBy(call::execute).hasMessageNotContaining("sk-secret-1");
        }
    }

    private Provider open(Credential credential, Map<String, String> headers) {
        return open(credential, headers, Accounts.TENANT);
    }

    private Provider open(
            Credential credential, Map<String, String> headers, @org.jspecify.annotations.Nullable UUID tenant) {
        URI url = fake.baseUrl();
        return providers(SECRETS).open(account(ProviderKind.OPENAI, url, credential, headers, true, tenant));
    }

    private static UpstreamRequest get() {
        return new UpstreamRequest("GET", "/models", false, null, new HeaderFields(), RequestBody.NONE);
    }

    private static void send(Provider provider, UpstreamRequest request) throws IOException {
        try (ProviderCall call = provider.call(request)) {
            call.execute();
            call.body().readAllBytes();
        }
    }
}

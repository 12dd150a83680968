package io.llmproxy.adapter.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.CredentialState;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider with several credentials, over real sockets. */
class SeveralCredentialsTest {
    private static final String PATH = "/v1/chat/completions";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";
    private static final Map<String, String> SECRETS = Map.of("A", "sk-aaaa", "B", "sk-bbbb");

    private FakeProvider up;
    private Provider provider;
    /** What is answered to a credential, by its value; others are welcome. */
    private final Map<String, Integer> statuses = new ConcurrentHashMap<>();

    private final Map<FakeConnection, Set<String>> seen = new ConcurrentHashMap<>();
    private volatile String retryAfter = "";
    private volatile String forbidden = "";

    @BeforeEach
    void setUp() {
        up = FakeProvider.start();
        up.on(PATH, this::answer);
        provider = open(SECRETS);
    }

    @AfterEach
    void tearDown() {
        provider.retire();
        up.close();
    }

    private void answer(FakeConnection c) throws IOException {
        String key = String.valueOf(c.request().header("authorization")).replace("Bearer ", "");
        seen.computeIfAbsent(c, i -> ConcurrentHashMap.newKeySet()).add(key);
        int status = statuses.getOrDefault(key, 200);
        String said = status == 403 && !forbidden.isEmpty() ? forbidden : "{\"said\":\"" + key + "\"}";
        byte[] body = said.getBytes(StandardCharsets.UTF_8);
        if (retryAfter.isEmpty()) {
            c.answer(status, body);
        } else {
            c.answer(status, body, "Retry-After", retryAfter);
        }
    }

    private Provider open(Map<String, String> secrets) {
        List<Credential.Named> all = List.of(named("env:A"), named("env:B"));
        return Accounts.providers(secrets)
                .open(Accounts.account(
                        ProviderKind.OPENAI,
                        up.baseUrl(),
                        new Credential.Several(all),
                        Map.of(),
                        true,
                        Accounts.TENANT));
    }

    private static Credential.Named named(String ref) {
        return new Credential.Named(ref, new Credential.Referenced(SecretRef.parse(ref)));
    }

    private record Answered(int status, String body) {}

    private Answered ask() throws IOException {
        try (ProviderCall call = provider.call(request())) {
            ProviderCall.Head head = call.execute();
            return new Answered(head.status(), new String(call.body().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static UpstreamRequest request() {
        return new UpstreamRequest(
                "POST",
                "/chat/completions",
                false,
                null,
                new HeaderFields(),
                RequestBody.of(BODY.getBytes(StandardCharsets.UTF_8)));
    }

    private long askedWith(String key) {
        return up.requests().stream()
                .filter(r -> ("Bearer " + key).equals(r.header("authorization")))
                .count();
    }

    private CredentialState state(String name) {
        return provider.credentials().stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void bothAreUsedAndNoConnectionIsShared() throws IOException {
        for (int i = 0; i < 60; i++) {
            assertThat(ask().status()).isEqualTo(200);
        }

        assertThat(askedWith("sk-aaaa")).isBetween(5L, 55L);
        Set<String> all = new HashSet<>();
        seen.values().forEach(keys -> {
            assertThat(keys).hasSize(1);
            all.addAll(keys);
        });
        assertThat(all).containsExactlyInAnyOrder("sk-aaaa", "sk-bbbb");
        assertThat(provider.credentials()).extracting(CredentialState::state).containsOnly(CredentialState.READY);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void oneThatIsRefusedRestsAndTheOtherServesTheSameCall(int status) throws IOException {
        statuses.put("sk-aaaa", status);

        for (int i = 0; i < 20; i++) {
            assertThat(ask()).isEqualTo(new Answered(200, "{\"said\":\"sk-bbbb\"}"));
        }

        assertThat(askedWith("sk-aaaa")).isEqualTo(1);
        assertThat(up.requests()).allSatisfy(r -> assertThat(r.text()).isEqualTo(BODY));
        assertThat(state("env:A").state()).isEqualTo(CredentialState.RESTING);
        assertThat(state("env:A").reason()).isEqualTo("answered " + status);
        assertThat(state("env:A").restSeconds()).isBetween(1L, 30L);
        assertThat(state("env:B").state()).isEqualTo(CredentialState.READY);
    }

    @ParameterizedTest
    @CsvSource({
        "7,7",
        "31536000,60",
        "'Wed, 21 Oct 2065 07:28:00 GMT',60",
        "'Wed, 21 Oct 1925 07:28:00 GMT',1",
        "-5,1",
        "soon,1"
    })
    void aBusyOneRestsAsLongAsItAsksButNotForAYear(String asked, long atMost) throws IOException {
        statuses.put("sk-aaaa", 429);
        retryAfter = asked;
        for (int i = 0; i < 100 && askedWith("sk-aaaa") == 0; i++) {
            assertThat(ask().status()).isEqualTo(200);
        }

        assertThat(state("env:A").reason()).isEqualTo("answered 429");
        assertThat(state("env:A").restSeconds()).isBetween(0L, atMost);
    }

    @Test
    void whereAllAreRefusedTheAnswerIsTheClientsAndItsKeyIsNot() throws IOException {
        statuses.put("sk-aaaa", 401);
        statuses.put("sk-bbbb", 401);

        Answered first = ask();

        assertThat(first.status()).isEqualTo(401);
        assertThat(first.body()).isEqualTo("{\"said\":\"***\"}");
        assertThat(up.requests()).hasSize(2);
        assertThat(ask().status()).as("one is tried all the same").isEqualTo(401);
        assertThat(up.requests()).hasSize(3);
        statuses.clear();
        assertThat(ask().status()).isEqualTo(200);
    }

    @Test
    void aRequestThatNobodyMayMakeRestsNoCredential() throws IOException {
        statuses.put("sk-aaaa", 403);
        statuses.put("sk-bbbb", 403);

        assertThat(ask().status()).isEqualTo(403);

        assertThat(up.requests()).as("each was asked").hasSize(2);
        assertThat(provider.credentials()).extracting(CredentialState::state).containsOnly(CredentialState.READY);
        statuses.clear();
        assertThat(ask().status()).isEqualTo(200);
    }

    @Test
    void aForbiddenRequestSaysNothingOfACredentialThatWasBusy() throws IOException {
        statuses.put("sk-aaaa", 403);
        statuses.put("sk-bbbb", 429);
        for (int i = 0; i < 100 && askedWith("sk-bbbb") == 0; i++) {
            ask();
        }

        assertThat(state("env:A").state()).isEqualTo(CredentialState.READY);
        assertThat(state("env:B").reason()).isEqualTo("answered 429");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":{\"code\":\"invalid_api_key\"}}",
                "{\"error\":{\"message\":\"Your API key was reported as leaked.\"}}",
                "{\"error\":{\"details\":[{\"reason\":\"API_KEY_SERVICE_BLOCKED\"}]}}",
                "{\"message\":\"The security token included in the request is invalid.\"}"
            })
    void aForbiddenCredentialRestsWhereTheAnswerSaysThatItIsTheCredential(String said) throws IOException {
        forbidden = said;
        statuses.put("sk-aaaa", 403);
        statuses.put("sk-bbbb", 403);

        assertThat(ask().status()).isEqualTo(403);

        assertThat(provider.credentials())
                .as("the one before the last, whose answer is the client's")
                .extracting(CredentialState::state)
                .containsExactlyInAnyOrder(CredentialState.READY, CredentialState.RESTING);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 408, 500, 503})
    void whatIsNoMatterOfTheCredentialIsNotAskedTwice(int status) throws IOException {
        statuses.put("sk-aaaa", status);
        statuses.put("sk-bbbb", status);

        assertThat(ask().status()).isEqualTo(status);
        assertThat(up.requests()).hasSize(1);
    }

    @Test
    void oneThatIsMissingIsFaultyAndTheOtherServes() throws IOException {
        provider = open(Map.of("B", "sk-bbbb"));

        for (int i = 0; i < 10; i++) {
            assertThat(ask().body()).contains("sk-bbbb");
        }
        assertThat(provider.fault()).isNull();
        assertThat(state("env:A").state()).isEqualTo(CredentialState.FAULTY);
        assertThat(state("env:A").reason()).contains("env:A");
        assertThat(open(Map.of()).fault()).contains("env:A");
    }

    @Test
    void aCallThatIsCancelledBeforeItBeginsDoesNotBegin() {
        try (ProviderCall call = provider.call(request())) {
            call.cancel();
            assertThatThrownBy(call::execute)
                    .isInstanceOfSatisfying(
                            UpstreamException.class,
                            e -> assertThat(e.kind()).isEqualTo(UpstreamException.Kind.CANCELLED));
        }
        assertThat(up.requests()).isEmpty();
    }
}

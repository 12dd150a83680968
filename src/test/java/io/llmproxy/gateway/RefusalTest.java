package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.testing.SampleSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalTest {
    private static final String CHAT = "{\"model\":\"gpt-4o\"}";
    private static final String INVALID = "401 authentication_error/invalid_api_key";
    private static final String REVOKED = "401 authentication_error/revoked_api_key";
    private static final String BAD = "400 invalid_request_error/invalid_request";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
    }

    private String refusal(FakeRequest request) {
        return fixture.send(request).refusal();
    }

    private void oneRecord(int status, String code) {
        assertThat(fixture.record().status()).isEqualTo(status);
        assertThat(fixture.record().errorCode()).isEqualTo(code);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(fixture.counts.unknown).isEmpty();
        assertThat(fixture.up().asked()).isEmpty();
    }

    // --- keys

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "llmp_",
                "sk-abc",
                "llmp_0000000000000000000000000000000000000000000",
                "llmp_\u00e900000000000000000000000000000000000000000"
            })
    void strangersAreRefusedAlikeAndLeaveNoRecord(String key) {
        RecordingSink sink =
                fixture.send(FakeRequest.post("/v1/chat/completions", CHAT).key(key));
        assertThat(sink.refusal()).isEqualTo(INVALID);
        assertThat(fixture.journal.records).isEmpty();
        assertThat(fixture.counts.unknown).containsExactly(401);
        assertThat(sink.header("x-request-id")).isNotNull();
    }

    @Test
    void aRequestWithoutKeyIsRefusedBeforeItsBodyIsRead() {
        FakeRequest request = FakeRequest.post("/v1/chat/completions", CHAT).header("Authorization", "Basic abc");
        assertThat(refusal(request)).isEqualTo(INVALID);
        assertThat(request.bodyTouched()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization", "x-api-key", "API-Key", "x-goog-api-key"})
    void everyPlaceForAKeyIsLookedAt(String header) {
        String value = header.equals("authorization") ? "bEaReR  " + fixture.secret : fixture.secret;
        assertThat(fixture.send(FakeRequest.post("/v1/chat/completions", CHAT).header(header, value))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void theSameKeyTwiceIsFineAndTwoDifferentOnesAreNot() {
        assertThat(fixture.send(fixture.chat(CHAT).header("x-api-key", fixture.secret))
                        .status())
                .isEqualTo(200);
        assertThat(refusal(fixture.chat(CHAT).header("x-api-key", "sk-other"))).isEqualTo(BAD);
    }

    @Test
    void aKeyInTheQueryIsNoKeyUnlessAllowed() {
        assertThat(refusal(FakeRequest.post("/v1/chat/completions", CHAT).query("key=" + fixture.secret)))
                .isEqualTo(INVALID);
    }

    @Test
    void aRevokedKeyIsRefusedAndRecorded() {
        fixture.key = fixture.key.revoke(false, GatewayFixture.START);
        fixture.publish();
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo(REVOKED);
        oneRecord(401, "revoked_api_key");
        assertThat(fixture.gateway.lastUse().drain()).isEmpty();
    }

    @Test
    void anExpiredKeyIsRefusedFromTheVeryMoment() {
        fixture.key = fixture.key.with(KeyScope.ANY, GatewayFixture.START.plusSeconds(10), GatewayFixture.START);
        fixture.publish();
        fixture.clock.advance(Duration.ofSeconds(9));
        assertThat(fixture.send(fixture.chat(CHAT)).status()).isEqualTo(200);
        fixture.clock.advance(Duration.ofSeconds(1));
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("401 authentication_error/expired_api_key");
    }

    @Test
    void aSecretThatWasRotatedOutWorksUntilItsTime() {
        ApiKey rotated = fixture.key.rotate(
                KeySecrets.hash(KeySecrets.generate()),
                "llmp_1234567",
                GatewayFixture.START.plusSeconds(10),
                GatewayFixture.START);
        fixture.key = rotated;
        fixture.publish();
        assertThat(fixture.send(fixture.chat(CHAT)).status()).isEqualTo(200);
        fixture.clock.advance(Duration.ofSeconds(10));
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo(INVALID);
    }

    @Test
    void theKeyOfADisabledUserCountsAsRevoked() {
        User user = GatewayFixture.user(fixture.tenant, false);
        fixture.user = user;
        fixture.key = GatewayFixture.ofUser(fixture.key, user);
        fixture.publish();
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo(REVOKED);
        assertThat(fixture.record().userEmail()).isEqualTo("ann@example.com");
    }

    @Test
    void aSuspendedTenantIsRefused() {
        fixture.tenant = fixture.tenant.with(Tenant.Status.SUSPENDED, GatewayFixture.START);
        fixture.publish();
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("403 permission_error/tenant_suspended");
        oneRecord(403, "tenant_suspended");
    }

    @Test
    void aKeyWorksFromItsAddressesOnly() {
        fixture.scope(new KeyScope(List.of(), Set.of(), List.of(Cidr.parse("cidr", "10.1.0.0/16")), false, Map.of()));
        assertThat(refusal(fixture.chat(CHAT).from(10, 2, 0, 1))).isEqualTo("403 permission_error/ip_not_allowed");
        oneRecord(403, "ip_not_allowed");
        assertThat(fixture.send(fixture.chat(CHAT).from(10, 1, 255, 1)).status())
                .isEqualTo(200);
    }

    // --- admission

    @Test
    void loopsAreRefused() {
        assertThat(refusal(fixture.chat(CHAT).header("Via", "1.0 fred, 1.1 LLMProxy (x)")))
                .isEqualTo(BAD);
        oneRecord(400, "invalid_request");
        assertThat(fixture.send(fixture.chat(CHAT).header("Via", "1.1 llmproxy.example"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void whileShuttingDownNewRequestsAreRefused() throws InterruptedException {
        fixture.gateway.inFlight().drain();
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(sink.error().retryAfter()).isNotNull();
        assertThat(fixture.gateway.inFlight().awaitIdle(Duration.ZERO)).isTrue();
    }

    @Test
    void moreThanTheConcurrencyLimitAreRefusedBeforeTheirBodyIsRead() throws InterruptedException {
        fixture = new GatewayFixture(
                directory,
                s -> s,
                Limit.of(
                        "config:concurrency",
                        LimitScope.GLOBAL,
                        LimitMetric.CONCURRENCY,
                        1,
                        LimitPeriod.NONE,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.CONFIG));
        WaitingRequest first = WaitingRequest.begin(fixture, fixture.chat(CHAT));
        assertThat(fixture.gateway.inFlight().count()).isEqualTo(1);
        assertThat(fixture.gateway.inFlight().awaitIdle(Duration.ofMillis(1))).isFalse();
        FakeRequest second = fixture.chat(CHAT);
        RecordingSink sink = fixture.send(second);
        assertThat(sink.error())
                .isEqualTo(new ProxyError.LimitExceeded("config:concurrency", "global", "concurrency", 1, "-", 1));
        assertThat(second.bodyTouched()).isFalse();
        assertThat(fixture.record().status()).isEqualTo(429);
        first.leave();
        fixture.up().answers(r -> Script.json("{}"));
        assertThat(fixture.send(fixture.chat(CHAT)).status()).isEqualTo(200);
    }

    @Test
    void whileTheDiskRefusesRecordsNewRequestsAreRefusedAndNoRecordIsLost() {
        fixture.journal.full = true;
        RecordingSink running = fixture.send(fixture.chat(CHAT));
        assertThat(running.status()).isEqualTo(200);
        assertThat(running.calls()).endsWith("end");
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("503 overloaded_error/overloaded");
        fixture.clock.advance(Duration.ofSeconds(2));
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("503 overloaded_error/overloaded");
        fixture.journal.full = false;
        fixture.clock.advance(Duration.ofSeconds(2));
        assertThat(fixture.send(fixture.chat(CHAT)).status()).isEqualTo(200);
        assertThat(fixture.journal.records).hasSize(2).allMatch(r -> r.status() == 200);
    }

    // --- bodies

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "\"x\"",
                "{}",
                "{\"model\":1}",
                "{\"model\":null}",
                "{\"model\":\"\"}",
                "{\"model\":[\"a\"]}",
                "{\"model\":\"a\",\"model\":\"a\"}",
                "{\"model\":\"a\",\"Model\":\"b\"}",
                "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}",
                "{\"model\":\"a\"} x",
                "{\"model\":\"a\"}{}",
                "{\"model\":\"a\",}",
                "{'model':'a'}",
                "{\"messages\":[],\"x\":{\"model\":\"a\"}}",
                "{\"model\":\"a\\u0000\"}",
                "\uFEFF{\"model\":\"a\"}"
            })
    void jsonThatIsWrongIsRefusedAndRecorded(String json) {
        assertThat(refusal(fixture.chat(json))).isEqualTo(BAD);
        oneRecord(400, "invalid_request");
    }

    @Test
    void aFaultOfTheModelNamesItsParameter() {
        assertThat(fixture.send(fixture.chat("{}")).error().param()).isEqualTo("model");
        assertThat(fixture.send(fixture.chat("{\"model\":7}")).error().param()).isEqualTo("model");
        assertThat(fixture.send(fixture.chat("{\"model\":\"" + "x".repeat(257) + "\"}"))
                        .error()
                        .param())
                .isEqualTo("model");
        assertThat(fixture.send(fixture.chat("{\"model\":\"" + "x".repeat(256) + "\"}"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aBodyThatIsNotUtf8IsRefused() {
        byte[] bytes = CHAT.getBytes(StandardCharsets.ISO_8859_1);
        bytes[11] = (byte) 0xE9;
        assertThat(refusal(fixture.chat(CHAT).body(bytes))).isEqualTo(BAD);
    }

    @Test
    void aJsonBodyInACodingThatNobodyCanLookIntoIsRefusedWithAClearText() {
        RecordingSink sink = fixture.send(fixture.chat(CHAT).header("Content-Encoding", "zstd"));
        assertThat(sink.refusal()).isEqualTo(BAD);
        assertThat(sink.error().message()).contains("gzip", "uncompressed");
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedUnreadWhereItsLengthIsKnown() {
        FakeRequest declared = fixture.chat(CHAT).body(new byte[64 * 1024 + 1]);
        assertThat(refusal(declared)).isEqualTo("413 request_too_large/request_too_large");
        assertThat(declared.bodyTouched()).isFalse();
        oneRecord(413, "request_too_large");
        assertThat(refusal(fixture.chat(CHAT).body(new byte[64 * 1024 + 1]).chunked()))
                .isEqualTo("413 request_too_large/request_too_large");
        String fits = "{\"model\":\"m\",\"x\":\"" + "y".repeat(64 * 1024 - 20) + "\"}";
        assertThat(fits).hasSize(64 * 1024);
        assertThat(fixture.send(fixture.chat(fits).chunked()).status()).isEqualTo(200);
        assertThat(fixture.up().last().body()).isEqualTo(fits);
    }

    @Test
    void anUploadHasItsOwnBound() {
        FakeRequest upload = new FakeRequest("POST", "/v1/files")
                .key(fixture.secret)
                .header("Content-Type", "multipart/form-data; boundary=b")
                .body(InputStream.nullInputStream(), 4 * 1024 * 1024 + 1);
        assertThat(refusal(upload)).isEqualTo("413 request_too_large/request_too_large");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--b\r\nA: b\r\n\r\nx",
                "no boundary at all",
                "",
                "--b\r\nContent-Disposition: form-data; name=model\r\n\r\n\r\n--b--",
                "--b\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--"
            })
    void multipartThatIsWrongIsRefused(String body) {
        assertThat(refusal(new FakeRequest("POST", "/v1/audio/transcriptions")
                        .key(fixture.secret)
                        .header("Content-Type", "multipart/form-data; boundary=b")
                        .body(body.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(BAD);
        oneRecord(400, "invalid_request");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aClientThatBreaksOffItsBodyIsGoneOrWrong() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("reset");
            }

            @Override
            public int read(byte[] bytes, int from, int length) throws IOException {
                throw new IOException("reset");
            }
        };
        RecordingSink gone = fixture.send(fixture.chat(CHAT).body(broken, 100).thatIsGone());
        assertThat(gone.failed()).isFalse();
        assertThat(fixture.record().status()).isEqualTo(499);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
        assertThat(refusal(fixture.chat(CHAT).body(broken, 100))).isEqualTo(BAD);
        assertThat(refusal(fixture.chat(CHAT).body(InputStream.nullInputStream(), 5)))
                .isEqualTo(BAD);
    }

    // --- routes

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1", "/v1/", "/v2/chat", "/p", "/p/", "/admin", "/v1x/y"})
    void pathsThatAreNotServedAreNotFound(String path) {
        assertThat(refusal(FakeRequest.get(path).key(fixture.secret))).isEqualTo("404 not_found_error/not_found");
        oneRecord(404, "not_found");
    }

    @Test
    void aModelWithoutProviderIsNotFound() {
        fixture.addProvider("declared", "only-*");
        fixture.removeProvider("up");
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("404 not_found_error/model_not_found");
        assertThat(fixture.send(FakeRequest.get("/v1/files").key(fixture.secret))
                        .refusal())
                .isEqualTo("404 not_found_error/not_found");
        assertThat(fixture.send(fixture.chat("{\"model\":\"only-x\"}")).status())
                .isEqualTo(200);
    }

    @Test
    void whatASharedProviderStoresIsForbiddenSinceItIsNobodys() {
        fixture.removeProvider("up");
        fixture.addAccount(GatewayFixture.account("pool", null, List.of()));
        String forbidden = "403 permission_error/object_not_owned";
        for (String path : List.of("/v1/assistants", "/v1/threads/thread_1", "/v1/evals", "/v1/skills")) {
            assertThat(refusal(FakeRequest.get(path).key(fixture.secret))).isEqualTo(forbidden);
        }
        for (String path : List.of("/v1/files/file-1/content", "/v1/responses/resp_1", "/v1/batches/batch_1")) {
            assertThat(refusal(FakeRequest.get(path).key(fixture.secret))).isEqualTo("404 not_found_error/not_found");
        }
        assertThat(refusal(FakeRequest.post("/v1/evals", "{}").key(fixture.secret)))
                .isEqualTo(forbidden);
        assertThat(fixture.provider("pool").asked()).isEmpty();
        assertThat(fixture.send(fixture.chat("{\"model\":\"gpt-4o\"}")).status())
                .isEqualTo(200);
        assertThat(fixture.send(FakeRequest.get("/v1/models/gpt-4o").key(fixture.secret))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void modelsOutsideTheScopeOfKeyOrTenantAreForbidden() {
        fixture.scope(GatewayFixture.scope(List.of("gpt-4*"), Set.of(), false));
        assertThat(refusal(fixture.chat("{\"model\":\"o3\"}"))).isEqualTo("403 permission_error/model_not_allowed");
        oneRecord(403, "model_not_allowed");
        assertThat(fixture.record().requestedModel()).isEqualTo("o3");
        assertThat(refusal(fixture.chat("{\"model\":\"up/o3\"}"))).isEqualTo("403 permission_error/model_not_allowed");
        assertThat(fixture.send(fixture.chat("{\"model\":\"up/gpt-4o\"}")).status())
                .isEqualTo(200);
        assertThat(refusal(FakeRequest.get("/v1/models/o3").key(fixture.secret)))
                .isEqualTo("403 permission_error/model_not_allowed");
        assertThat(refusal(FakeRequest.post("/v1/images/generations", "{}").key(fixture.secret)))
                .isEqualTo("403 permission_error/model_not_allowed");
        fixture.settings(SampleSettings.allowedModels("gpt-4o-mini"));
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("403 permission_error/model_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions/", "/v1/rerank", "/v1/CHAT/completions"})
    void aKeyOfCertainModelsCannotHideTheModelInABodyThatIsNotCalledJson(String path) {
        fixture.scope(GatewayFixture.scope(List.of("gpt-4*"), Set.of(), false));
        FakeRequest hidden = new FakeRequest("POST", path)
                .key(fixture.secret)
                .header("Content-Type", "text/plain")
                .body("{\"model\":\"o3\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(refusal(hidden)).isEqualTo("403 permission_error/model_not_allowed");
        oneRecord(403, "model_not_allowed");
    }

    @Test
    void providersOutsideTheScopeOfTheKeyAreForbidden() {
        fixture.addProvider("other", "o-*");
        fixture.scope(GatewayFixture.scope(List.of(), Set.of("other"), true));
        assertThat(refusal(fixture.chat(CHAT))).isEqualTo("403 permission_error/provider_not_allowed");
        oneRecord(403, "provider_not_allowed");
        assertThat(refusal(FakeRequest.get("/p/up/x").key(fixture.secret)))
                .isEqualTo("403 permission_error/provider_not_allowed");
        assertThat(fixture.send(fixture.chat("{\"model\":\"o-1\"}")).status()).isEqualTo(200);
    }

    @Test
    void passThroughNeedsPermissionAndAProvider() {
        assertThat(refusal(FakeRequest.get("/p/up/x").key(fixture.secret))).startsWith("403 permission_error/");
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        assertThat(refusal(FakeRequest.get("/p/none/x").key(fixture.secret)))
                .isEqualTo("404 not_found_error/not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"model\":\"gpt-4o\",\"model\":\"o3\"}", "{\"model\":\"o3\"}", "{\"model\":\"o3\"", ""})
    void passThroughIsNoWayAroundTheKeysModels(String body) {
        fixture.scope(GatewayFixture.scope(List.of("gpt-4*"), Set.of(), true));
        assertThat(refusal(FakeRequest.post("/p/up/chat/completions", body).key(fixture.secret)))
                .isEqualTo("403 permission_error/model_not_allowed");
        oneRecord(403, "model_not_allowed");
    }

    @Test
    void anotherTenantsProviderDoesNotExist() {
        Tenant other = fixture.addTenant("other", KeySecrets.generate());
        fixture.addAccount(GatewayFixture.account("theirs", other.id(), List.of()));
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        assertThat(refusal(FakeRequest.get("/p/theirs/x").key(fixture.secret)))
                .isEqualTo("404 not_found_error/not_found");
        fixture.send(fixture.chat("{\"model\":\"theirs/m\"}"));
        assertThat(fixture.provider("theirs").asked()).isEmpty();
        assertThat(fixture.up().last().body()).isEqualTo("{\"model\":\"theirs/m\"}");
    }

    @Test
    void aProviderAtFaultIsNotCalledAndItsFaultNotTold() {
        fixture.up().fault("credential env:SECRET_NAME is not set");
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(sink.error().message()).doesNotContain("SECRET_NAME");
        oneRecord(503, "overloaded");
    }

    @Test
    void theListOfModelsCannotBeChanged() {
        assertThat(refusal(FakeRequest.post("/v1/models", "{}").key(fixture.secret)))
                .isEqualTo("405 invalid_request_error/method_not_allowed");
    }

    @Test
    void aFaultOfOurOwnIsAnsweredAndAccountedFor() {
        fixture.up().answers(r -> {
            throw new IllegalStateException("bug with a prompt in it");
        });
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.refusal()).isEqualTo("500 api_error/internal_error");
        assertThat(sink.error().message()).doesNotContain("prompt");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.FAILED);
    }

    // --- cuts

    @Test
    void aRevocationWithCutBreaksOffAStreamThatRuns() throws InterruptedException {
        assertCutBy(() -> fixture.key = fixture.key.revoke(true, GatewayFixture.START), REVOKED);
    }

    @Test
    void aSuspensionAtOnceBreaksOffAStreamThatRuns() throws InterruptedException {
        assertCutBy(
                () -> fixture.tenant = fixture.tenant.with(Tenant.Status.SUSPENDED_NOW, GatewayFixture.START),
                "403 permission_error/tenant_suspended");
    }

    @Test
    void aKeyThatIsGoneBreaksOffAStreamThatRuns() throws InterruptedException {
        assertCutBy(
                () -> fixture.key = GatewayFixture.key(fixture.tenant, "new", KeySecrets.generate(), KeyScope.ANY),
                REVOKED);
    }

    private void assertCutBy(Runnable change, String refusal) throws InterruptedException {
        fixture.up().answers(r -> Script.events("data: 1\n\n").hangsAtEnd());
        RecordingSink sink = new RecordingSink();
        FakeRequest request = fixture.chat(CHAT);
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        sink.awaitHead();
        ScriptedProvider provider = fixture.up();
        change.run();
        fixture.publish();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        assertThat(sink.refusal()).isEqualTo(refusal);
        assertThat(sink.calls()).endsWith("append", "fail");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
        assertThat(provider.cancelled()).isEqualTo(1);
    }

    @Test
    void aPlainRevocationLetsRunningStreamsFinish() throws InterruptedException {
        fixture.up().answers(r -> Script.events("data: 1\n\n").hangsAtEnd());
        RecordingSink sink = new RecordingSink();
        FakeRequest request = fixture.chat(CHAT);
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        sink.awaitHead();
        fixture.key = fixture.key.revoke(false, GatewayFixture.START);
        fixture.publish();
        assertThat(fixture.gateway.inFlight().count()).isEqualTo(1);
        assertThat(fixture.gateway.inFlight().cutAll(ProxyError.Upstream.unavailable("shutting down")))
                .isTrue();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        assertThat(sink.refusal()).isEqualTo("503 overloaded_error/overloaded");
    }

    // --- the exchange

    @Test
    void aSlotThatIsReadTooEarlyNamesTheStageThatMustComeFirst() {
        Exchange x = new Exchange(FakeRequest.get("/v1/models"), new RecordingSink());
        assertThatThrownBy(x::principal).hasMessage("the principal is not known yet: Authenticate must come first");
        assertThatThrownBy(x::plan).hasMessageContaining("Route must come first");
        assertThatThrownBy(x::ask).hasMessageContaining("Inspect must come first");
        x.planned(List.of());
        assertThatThrownBy(() -> x.planned(List.of())).hasMessageContaining("set already");
    }
}

package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.Health;
import io.llmproxy.admin.ProviderState;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.Explanation;
import io.llmproxy.gateway.proof.LimitProofReport;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.SocketClient;
import io.llmproxy.testing.SocketClient.Response;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class AdminServerTest {
    private static final String TENANTS = "/api/v1/tenants";
    private static final String KEYS = TENANTS + "/acme/keys";
    private static final String PROVIDERS = TENANTS + "/acme/providers";
    private final AdminFixture f = new AdminFixture();
    private final MemoryIdempotencyStore stored = new MemoryIdempotencyStore(10);
    private final AtomicInteger flushes = new AtomicInteger();
    private volatile Health health = new Health(true, List.of());

    @TempDir
    private Path dir;

    private AdminServer server;
    private SocketClient socket;
    private SocketClient tcp;

    @BeforeEach
    void setUp() throws IOException {
        server = AdminServer.start(listeners(dir.resolve("admin.sock"), 0), application());
        socket = SocketClient.of(server.socket());
        tcp = new SocketClient(Objects.requireNonNull(server.tcp()));
        f.tenant("acme");
    }

    @AfterEach
    void tearDown() {
        server.close();
    }

    @Test
    void theSocketIsForItsOwnerAndGroupAndGoesWithTheServer() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket())))
                .isEqualTo("rw-rw----");
        try (var left = Files.list(dir)) {
            assertThat(left).containsExactly(server.socket());
        }
        server.close();
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void aChangeWithAKeyIsMadeOnceAndItsAnswerGivenAgain() throws IOException {
        String key = UUID.randomUUID().toString();
        Response first = change("POST", TENANTS, "{\"slug\":\"beta\"}", key);
        Response again = change("POST", TENANTS, "{\"slug\":\"beta\"}", key);
        assertThat(first.status()).isEqualTo(201);
        assertThat(first.headers()).doesNotContainKey("idempotency-replayed");
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers()).containsEntry("idempotency-replayed", "true");
        assertThat(again.headers().get("content-type"))
                .isEqualTo(first.headers().get("content-type"));

        Response other = change("POST", TENANTS, "{\"slug\":\"gamma\"}", key);
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.body()).contains("idempotency_conflict");
        assertThat(other.headers()).containsEntry("x-should-retry", "false");
        assertThat(change(
                                "POST",
                                TENANTS,
                                "{\"slug\":\"beta\"}",
                                UUID.randomUUID().toString())
                        .status())
                .isEqualTo(409);
    }

    @Test
    void aRefusalOfTheRequestIsGivenAgainAndAConflictIsTriedAgain() throws IOException {
        String wrong = UUID.randomUUID().toString();
        assertThat(change("POST", TENANTS, "{\"slug\":\"NO\"}", wrong).status()).isEqualTo(400);
        assertThat(change("POST", TENANTS, "{\"slug\":\"NO\"}", wrong).headers())
                .containsEntry("idempotency-replayed", "true");
        String taken = UUID.randomUUID().toString();
        assertThat(change("POST", TENANTS, "{\"slug\":\"acme\"}", taken).status())
                .isEqualTo(409);
        assertThat(change("POST", TENANTS, "{\"slug\":\"acme\"}", taken).headers())
                .doesNotContainKey("idempotency-replayed");
    }

    @Test
    void aKeysSecretIsGivenAgainFromMemoryAndNeverStored() throws IOException {
        String key = UUID.randomUUID().toString();
        Response first = change("POST", KEYS, "{\"name\":\"dev\"}", key);
        assertThat(first.status()).isEqualTo(201);
        assertThat(first.body()).contains("llmp_");
        assertThat(change("POST", KEYS, "{\"name\":\"dev\"}", key).body()).isEqualTo(first.body());
        // nothing was stored: any number of deletions finds nothing
        assertThat(stored.purge(java.time.Instant.MAX, 10)).isZero();
    }

    @Test
    void aKeyOfAnotherFormIsRefusedAndNoneIsNeededOnTheSocket() throws IOException {
        Response answer = change("POST", TENANTS, "{\"slug\":\"beta\"}", "mine");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(answer.body()).contains("idempotency_key_required");
        assertThat(socket.send("POST", TENANTS, "{\"slug\":\"beta\"}").status()).isEqualTo(201);
        assertThatThrownBy(() -> AdminIdempotency.check(null, true))
                .isInstanceOfSatisfying(
                        Problem.class, p -> assertThat(p.answer().status()).isEqualTo(400));
    }

    private Response change(String method, String path, String json, String key) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return socket.raw(
                method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIdempotency-Key: " + key
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n",
                body);
    }

    @Test
    void theCallerIsWhoTheKernelSays() throws IOException {
        assertThat(socket.send("POST", TENANTS, "{\"slug\":\"beta\"}").status()).isEqualTo(201);
        AuditEvent event = f.memory.auditEvents().getLast();
        String me = System.getProperty("user.name");
        assertThat(event.actor().name()).isEqualTo("unix:" + me);
        assertThat(event.actor().uid()).isEqualTo(Files.getAttribute(dir, "unix:uid"));
        assertThat(event.actor().role()).isEqualTo(Role.ADMIN);
        assertThat(event.actor().address()).isEqualTo("socket");
    }

    @Test
    void tcpAnswersHealthAndMetricsAndNothingElse() throws IOException {
        assertThat(tcp.get("/health/live").status()).isEqualTo(200);
        assertThat(tcp.get("/health/ready").body()).isEqualTo("{\"status\":\"up\"}");
        Response metrics = tcp.get("/metrics");
        assertThat(metrics.headers().get("content-type")).startsWith("text/plain; version=0.0.4");
        assertThat(metrics.body()).isEqualTo("llmproxy_up 1\n");
        for (String path : List.of(TENANTS, "/openapi", "/nothing", "/", "/api/v1/status", "/health/..%2fopenapi")) {
            Response refused = tcp.get(path);
            assertThat(refused.status()).as(path).isEqualTo(401);
            assertThat(problem(refused).get("detail").stringValue()).contains("admin socket");
        }
        assertThat(tcp.send("POST", "/health/live", "").status()).isEqualTo(401);
    }

    @Test
    void healthSaysWhyInSentencesThatNameNothing() throws IOException {
        health = new Health(true, List.of(Health.Obstacle.STOPPING, Health.Obstacle.JOURNAL));
        Response response = tcp.get("/health/ready");
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body())
                .isEqualTo(
                        "{\"status\":\"down\",\"reasons\":[\"the server is stopping\",\"the usage journal takes no records,"
                                + " and requests are refused until it does: see llmproxyctl status\"]}");
        assertThat(socket.get("/health/started").body()).isEqualTo("{\"status\":\"up\"}");
        assertThat(tcp.get("/health/live").body()).isEqualTo("{\"status\":\"up\"}");
        health = new Health(false, List.of());
        assertThat(socket.get("/health/started").status()).isEqualTo(503);
        assertThat(tcp.get("/health/started").body())
                .isEqualTo(tcp.get("/health/ready").body());
        assertThat(tcp.get("/health/started").body())
                .isEqualTo("{\"status\":\"down\",\"reasons\":[\"the start is not over\"]}");
        assertThat(tcp.send("HEAD", "/health/live", "").body()).isEmpty();
    }

    @Test
    void everyAnswerIsNotToBeStoredOrGuessedAt() throws IOException {
        for (Response response : List.of(socket.get(TENANTS), socket.get("/nothing"), tcp.get("/metrics"))) {
            assertThat(response.headers()).containsEntry("cache-control", "no-store");
            assertThat(response.headers()).containsEntry("x-content-type-options", "nosniff");
        }
    }

    @Test
    void aTenantIsMadeShownPatchedAndDeleted() throws IOException {
        JsonNode made = json(socket.send("POST", TENANTS, "{\"slug\":\"beta\",\"name\":\"B\"}"), 201);
        assertThat(made.get("status").stringValue()).isEqualTo("active");
        assertThat(made.get("createdAt").stringValue()).isEqualTo("2026-11-20T12:00:00Z");
        assertThat(made.get("maxUsers").isNull()).isTrue();
        JsonNode patched =
                json(socket.send("PATCH", TENANTS + "/beta", "{\"maxUsers\":3,\"allowedModels\":[\"gpt-*\"]}"), 200);
        assertThat(patched.get("maxUsers").intValue()).isEqualTo(3);
        assertThat(patched.get("name").stringValue()).isEqualTo("B");
        JsonNode cleared = json(socket.send("PATCH", TENANTS + "/beta", "{\"maxUsers\":null,\"name\":null}"), 200);
        assertThat(cleared.get("maxUsers").isNull()).isTrue();
        assertThat(cleared.get("name").stringValue()).isEqualTo("beta");
        assertThat(cleared.get("allowedModels").get(0).stringValue()).isEqualTo("gpt-*");
        assertThat(json(socket.send("POST", TENANTS + "/beta/suspend", "{\"now\":true}"), 200)
                        .get("status")
                        .stringValue())
                .isEqualTo("suspended");
        assertThat(socket.send("POST", TENANTS + "/beta/activate", "").status()).isEqualTo(200);
        Response gone = socket.send("DELETE", TENANTS + "/beta?cascade=true", "");
        assertThat(gone.status()).isEqualTo(204);
        assertThat(gone.body()).isEmpty();
        assertThat(problem(socket.get(TENANTS + "/beta"), 404)).isEqualTo("not_found");
    }

    @Test
    void listsArePagedByAnOpaqueCursor() throws IOException {
        for (String slug : List.of("b", "c", "d")) {
            f.tenant(slug);
        }
        JsonNode first = json(socket.get(TENANTS + "?limit=3"), 200);
        assertThat(first.get("items").size()).isEqualTo(3);
        JsonNode second =
                json(socket.get(TENANTS + "?limit=3&cursor=" + first.get("next").stringValue()), 200);
        assertThat(second.get("items").get(0).get("slug").stringValue()).isEqualTo("d");
        assertThat(second.get("next").isNull()).isTrue();
        assertThat(problem(socket.get(TENANTS + "?cursor=!!"), 400)).isEqualTo("invalid");
        assertThat(problem(socket.get(TENANTS + "?limit=0"), 400)).isEqualTo("invalid");
        assertThat(problem(socket.get(TENANTS + "?limit=many"), 400)).isEqualTo("invalid");
        assertThat(problem(socket.get(TENANTS + "?lmit=3"), 400)).isEqualTo("invalid");
    }

    @Test
    void aKeysSecretIsInTheAnswerThatMadeItAlone() throws IOException {
        JsonNode made = json(socket.send("POST", KEYS, "{\"name\":\"dev\",\"labels\":{\"a\":\"1\",\"b\":\"2\"}}"), 201);
        String secret = made.get("secret").stringValue();
        assertThat(secret).startsWith("llmp_").hasSize(48);
        assertThat(socket.get(KEYS + "/dev").body()).doesNotContain(secret);
        assertThat(json(socket.get(KEYS + "/dev"), 200).get("secret").isNull()).isTrue();
        JsonNode patched = json(
                socket.send(
                        "PATCH",
                        KEYS + "/" + made.get("prefix").stringValue(),
                        "{\"expires\":\"30d\",\"labels\":{\"a\":null,\"c\":\"3\"}}"),
                200);
        assertThat(patched.get("expiresAt").stringValue()).isEqualTo("2026-12-20T12:00:00Z");
        assertThat(patched.get("labels").toString()).isEqualTo("{\"b\":\"2\",\"c\":\"3\"}");
        JsonNode rotated = json(socket.send("POST", KEYS + "/dev/rotate", "{\"grace\":\"1h\"}"), 200);
        assertThat(rotated.get("secret").stringValue()).isNotEqualTo(secret);
        assertThat(rotated.get("previousSecretUntil").stringValue()).isEqualTo("2026-11-20T13:00:00Z");
        assertThat(socket.send("POST", KEYS + "/revoke-all", "").body()).isEqualTo("{\"revoked\":1}");
        assertThat(problem(socket.send("POST", KEYS + "/dev/rotate", ""), 409)).isEqualTo("conflict");
        assertThat(json(socket.get(KEYS + "?user="), 404)).isNotNull();
    }

    @Test
    void usersAreKnownByAddressAlsoWithAPlusSign() throws IOException {
        String users = TENANTS + "/acme/users";
        json(socket.send("POST", users, "{\"email\":\"Ann+x@example.com\"}"), 201);
        JsonNode ann = json(socket.get(users + "/ann+x@example.com"), 200);
        assertThat(ann.get("role").stringValue()).isEqualTo("user");
        JsonNode patched =
                json(socket.send("PATCH", users + "/ann%2Bx%40example.com", "{\"status\":\"disabled\"}"), 200);
        assertThat(patched.get("status").stringValue()).isEqualTo("disabled");
        json(socket.send("POST", KEYS, "{\"name\":\"k\",\"user\":\"ann+x@example.com\"}"), 201);
        assertThat(json(socket.get(KEYS + "?user=ann%2Bx@example.com"), 200)
                        .get("items")
                        .size())
                .isEqualTo(1);
        assertThat(problem(socket.send("DELETE", users + "/ann+x@example.com", ""), 409))
                .isEqualTo("conflict");
        assertThat(socket.send("DELETE", users + "/ann+x@example.com?cascade", "")
                        .status())
                .isEqualTo(204);
    }

    @Test
    void aProviderShowsNeitherItsCredentialNorItsHeaders() throws IOException {
        String body = "{\"name\":\"up\",\"type\":\"openai\",\"apiKey\":\"sk-planted-123\","
                + "\"headers\":{\"X-Team\":\"planted-456\"},\"connectTimeout\":\"2s\"}";
        Response made = socket.send("POST", PROVIDERS, body);
        JsonNode json = json(made, 201);
        assertThat(made.body()).doesNotContain("planted");
        assertThat(json.get("credential").stringValue()).isEqualTo("sealed");
        assertThat(json.get("headers").toString()).isEqualTo("{\"X-Team\":\"***\"}");
        assertThat(json.get("connectTimeout").stringValue()).isEqualTo("2s");
        assertThat(json.get("status").stringValue()).isEqualTo("enabled");
        JsonNode test = json(socket.send("POST", PROVIDERS + "/up/test", ""), 200);
        assertThat(test.get("models").toString()).isEqualTo("[\"gpt-4o\",\"o3\"]");
        f.providers.fault = "credential env:X is not set";
        JsonNode unhealthy = json(socket.get(PROVIDERS + "/up"), 200);
        assertThat(unhealthy.get("status").stringValue()).isEqualTo("unhealthy");
        assertThat(unhealthy.get("fault").stringValue()).isEqualTo("credential env:X is not set");
        json(socket.send("POST", PROVIDERS + "/up/disable", ""), 200);
        assertThat(json(socket.get(PROVIDERS), 200)
                        .get("items")
                        .get(0)
                        .get("status")
                        .stringValue())
                .isEqualTo("disabled");
    }

    @Test
    void sharedProvidersHaveTheirOwnPathAndAreSeenByTenants() throws IOException {
        json(socket.send("POST", "/api/v1/providers", "{\"name\":\"pool\",\"type\":\"ollama\"}"), 201);
        JsonNode seen = json(socket.get(PROVIDERS), 200).get("items").get(0);
        assertThat(seen.get("shared").booleanValue()).isTrue();
        assertThat(seen.get("tenant").isNull()).isTrue();
        assertThat(problem(socket.send("DELETE", PROVIDERS + "/pool", ""), 403)).isEqualTo("forbidden");
        assertThat(socket.send("DELETE", "/api/v1/providers/pool", "").status()).isEqualTo(204);
    }

    @Test
    void unknownFieldsAreNamed() throws IOException {
        for (String[] call : new String[][] {
            {"POST", TENANTS, "{\"slug\":\"x\",\"sulg\":\"y\"}"},
            {"PATCH", TENANTS + "/acme", "{\"sulg\":1}"},
            {"POST", KEYS, "{\"name\":\"x\",\"sulg\":\"y\"}"},
            {"POST", TENANTS + "/acme/suspend", "{\"sulg\":1}"}
        }) {
            Response response = socket.send(call[0], call[1], call[2]);
            assertThat(problem(response, 400)).isEqualTo("invalid");
            assertThat(response.body()).contains("`sulg`");
        }
    }

    @Test
    void malformedBodiesAreRefusedWithTheirPlaceAndWithoutTheirText() throws IOException {
        Response response = socket.send("POST", TENANTS, "{\"slug\":\"x\",\n  \"name\": sk-planted}");
        assertThat(problem(response, 400)).isEqualTo("invalid");
        assertThat(response.body()).contains("line 2, column").doesNotContain("planted");
        for (String body : List.of("[]", "\"x\"", "{\"slug\":\"a\",\"slug\":\"b\"}", "{\"slug\":\"a\"} x", "{")) {
            assertThat(problem(socket.send("POST", TENANTS, body), 400))
                    .as(body)
                    .isEqualTo("invalid");
        }
        for (String body : List.of("{}", "{\"slug\":null}", "{\"slug\":5}", "{\"slug\":\"UPPER\"}")) {
            assertThat(socket.send("POST", TENANTS, body).body()).as(body).contains("slug");
        }
        assertThat(problem(socket.send("PATCH", TENANTS + "/acme", "{\"maxUsers\":1.5}"), 400))
                .isEqualTo("invalid");
        assertThat(problem(socket.send("PATCH", TENANTS + "/acme", "{\"maxUsers\":99999999999}"), 400))
                .isEqualTo("invalid");
    }

    @Test
    void aBodyOverAMebibyteIsRefusedWithAndWithoutALength() throws IOException {
        String huge = "{\"slug\":\"" + "x".repeat(1 << 20) + "\"}";
        assertThat(problem(socket.send("POST", TENANTS, huge), 413)).isEqualTo("too_large");
        byte[] body = huge.getBytes(StandardCharsets.US_ASCII);
        String head =
                "POST " + TENANTS + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + Integer.toHexString(body.length) + "\r\n";
        byte[] chunk = (huge + "\r\n0\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(problem(socket.raw(head, chunk), 413)).isEqualTo("too_large");
    }

    @Test
    void whatFollowsABodyThatCannotBeReadIsNotTakenForARequest() throws IOException {
        String smuggled =
                "POST " + TENANTS + " HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"slug\":\"smuggled\"}";
        String head = "POST " + TENANTS
                + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\n\r\n";
        Response response = socket.raw(head + smuggled, new byte[0]);
        assertThat(response.status()).matches(status -> status < 200 || status > 299);
        assertThat(f.memory.tenants().find("smuggled")).isEmpty();
    }

    @Test
    void pathsAndMethodsThatAreNotThereAreProblemsToo() throws IOException {
        assertThat(problem(socket.get("/api/v2/tenants"), 404)).isEqualTo("not_found");
        assertThat(problem(socket.get("/"), 404)).isEqualTo("not_found");
        assertThat(problem(socket.send("PUT", TENANTS, "{}"), 405)).isEqualTo("method_not_allowed");
        assertThat(problem(socket.send("DELETE", KEYS, ""), 405)).isEqualTo("method_not_allowed");
        assertThat(socket.get("/api/v1/<script>").body()).doesNotContain("<script>");
        assertThat(problem(socket.get(TENANTS + "/%zz"), 400)).isEqualTo("invalid");
        Response noHttp = socket.raw("GET " + TENANTS + " HTTP/1.1\r\nBad Header: x\r\n\r\n", new byte[0]);
        assertThat(noHttp.status()).isEqualTo(400);
    }

    @Test
    void theLedgerIsFlushedReadAndTailed() throws IOException {
        UUID tenantId = f.memory.tenants().find("acme").orElseThrow().id();
        f.memory.used(List.of(record(tenantId, "gpt-4o", 10), record(tenantId, "o3", 20)));
        JsonNode report = json(socket.get("/api/v1/usage/report?tenant=acme&by=model&from=30d"), 200);
        assertThat(report.get("items").size()).isEqualTo(2);
        assertThat(report.get("items").get(0).get("model").stringValue()).isEqualTo("gpt-4o");
        assertThat(report.get("items").get(0).get("tenant").isNull()).isTrue();
        assertThat(report.get("items").get(0).get("totalTokens").intValue()).isEqualTo(11);
        assertThat(report.get("next").isNull()).isTrue();
        assertThat(flushes).hasValue(1);
        JsonNode first = json(socket.get("/api/v1/usage/records?limit=1"), 200);
        JsonNode rest = json(
                socket.get("/api/v1/usage/records?cursor=" + first.get("next").stringValue()), 200);
        assertThat(rest.get("items").get(0).get("model").stringValue()).isEqualTo("o3");
        assertThat(rest.get("next").isNull()).isTrue();
        String next = json(socket.get("/api/v1/usage/records?cursor=end&tail=true"), 200)
                .get("next")
                .stringValue();
        f.memory.used(List.of(record(tenantId, "new", 1)));
        JsonNode tail = json(socket.get("/api/v1/usage/records?tail=true&cursor=" + next), 200);
        assertThat(tail.get("items").size()).isEqualTo(1);
        next = tail.get("next").stringValue();
        assertThat(json(socket.get("/api/v1/usage/records?tail=true&cursor=" + next), 200)
                        .get("items")
                        .size())
                .isZero();
        assertThat(problem(socket.get("/api/v1/usage/report?user=a@b"), 400)).isEqualTo("tenant_required");
        assertThat(problem(socket.get("/api/v1/usage/report?by=colour"), 400)).isEqualTo("invalid");
        assertThat(problem(socket.get("/api/v1/usage/report?from=soon"), 400)).isEqualTo("invalid");
        assertThat(problem(socket.get("/api/v1/usage/report?from=1h&to=2h"), 400))
                .isEqualTo("invalid");
    }

    @Test
    void statusVersionAndDescriptionAnswer() throws IOException {
        assertThat(json(socket.get("/api/v1/status"), 200).get("tenant").stringValue())
                .isEqualTo("*");
        assertThat(socket.get("/api/v1/version").body()).isEqualTo("{\"version\":\"0.1.0\"}");
        assertThat(json(socket.get("/openapi"), 200).get("openapi").stringValue())
                .isEqualTo("3.1.0");
    }

    @Test
    void aDatabaseThatIsAwayIsAProblemWithoutItsCause() throws IOException {
        f.memory.goAway();
        Response response = socket.get(TENANTS);
        assertThat(problem(response, 503)).isEqualTo("unavailable");
        assertThat(response.body()).doesNotContain("secret-host");
        f.memory.comeBack();
        assertThat(socket.get(TENANTS).status()).isEqualTo(200);
    }

    @Test
    void aSecondServerOnTheSocketOrThePortIsRefusedAndLeavesTheFirstAlone() throws IOException {
        assertThatThrownBy(() -> AdminServer.start(listeners(server.socket(), 0), application()))
                .isInstanceOf(AddressTakenException.class)
                .hasMessageContaining("--admin-socket");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path other = dir.resolve("other.sock");
            assertThatThrownBy(() -> AdminServer.start(listeners(other, taken.getLocalPort()), application()))
                    .isInstanceOf(AddressTakenException.class)
                    .hasMessageContaining("--admin-listen");
            assertThat(other).doesNotExist();
        }
        assertThat(socket.get("/health/live").status()).isEqualTo(200);
    }

    @Test
    void anUnknownGroupIsNamedAndNothingIsLeft() throws IOException {
        Path other = dir.resolve("other.sock");
        AdminServer.Listeners listeners =
                new AdminServer.Listeners(other, "no-such-group-here", null, null, Duration.ofSeconds(1));
        assertThatThrownBy(() -> AdminServer.start(listeners, application()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no-such-group-here");
        try (var left = Files.list(dir)) {
            assertThat(left).containsExactly(server.socket());
        }
    }

    private static AdminServer.Listeners listeners(Path socket, int port) {
        InetSocketAddress tcp = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        return new AdminServer.Listeners(socket, null, tcp, null, Duration.ofSeconds(1));
    }

    private AdminServer.Application application() {
        ApplianceStatus status = new ApplianceStatus(
                "0.1.0",
                "*",
                f.now,
                5,
                "http://127.0.0.1:8080",
                null,
                "embedded",
                new ApplianceStatus.Counters("memory", "up", f.now, 1),
                0,
                0,
                ApplianceStatus.Pressure.NONE,
                1,
                0,
                0,
                List.of());
        return new AdminServer.Application(
                f.executor,
                f.queries,
                f.prices(null),
                new ProviderTester(f.providers, ModelIds::of),
                flushes::incrementAndGet,
                id -> f.providers.fault,
                id -> ProviderState.UNKNOWN,
                () -> status,
                () -> health,
                () -> "llmproxy_up 1\n",
                new AdminServer.Replays(stored, new MemoryIdempotencyStore(10), Duration.ofHours(24)),
                (requests, parallel, only) -> new LimitProofReport(0, 0, 0, 0, List.of()),
                request -> new Explanation(List.of()),
                f.application().operations(),
                f.audit(),
                f.requests(),
                () -> {},
                f.remote(),
                f.clock);
    }

    private UsageRecord record(UUID tenantId, String model, long input) {
        return new UsageRecord(
                Ids.next(f.now),
                null,
                null,
                f.now,
                UsageRecords.caller(tenantId, "acme"),
                UsageRecords.chat(model),
                UsageRecords.answered(TokenUsage.of(input, 1), Cost.UNKNOWN));
    }

    private static JsonNode json(Response response, int status) {
        assertThat(response.status()).as(response.body()).isEqualTo(status);
        return Json.MAPPER.readTree(response.body());
    }

    private static String problem(Response response, int status) {
        assertThat(response.status()).as(response.body()).isEqualTo(status);
        JsonNode problem = problem(response);
        assertThat(problem.get("status").intValue()).isEqualTo(status);
        return problem.get("code").stringValue();
    }

    private static JsonNode problem(Response response) {
        assertThat(response.headers()).containsEntry("content-type", "application/problem+json");
        return Json.MAPPER.readTree(response.body());
    }
}

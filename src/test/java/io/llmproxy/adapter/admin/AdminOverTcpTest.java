package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.SocketClient;
import io.llmproxy.testing.SocketClient.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes over TCP by a caller who is known: each carries an Idempotency-Key, and the log says what became of it. */
class AdminOverTcpTest {
    private static final String TENANTS = "/api/v1/tenants";
    private static final Actor CALLER = new Actor("jwt:root", null, Role.ADMIN, null, null, "192.0.2.1");

    private final AdminFixture f = new AdminFixture();
    private final Logger logger = Logger.getLogger(AdminIdempotency.class.getName());
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord record) {
            said.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private WebServer server;
    private SocketClient tcp;
    private Level level;

    @BeforeEach
    void setUp() {
        level = logger.getLevel();
        logger.setLevel(Level.INFO);
        logger.addHandler(recorder);
        AdminServer.Application application = f.application();
        AdminIdempotency once = new AdminIdempotency(application.replays(), f.clock);
        server = WebServer.builder()
                .host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                .addConnectionSelector(AdminServer.http1())
                .routing(AdminServer.routing(
                        new AdminHandler(AdminServer.table(application), once, false, false, r -> Optional.of(CALLER))))
                .build()
                .start();
        tcp = new SocketClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    }

    @AfterEach
    void tearDown() {
        server.stop();
        logger.removeHandler(recorder);
        logger.setLevel(level);
    }

    private Response change(String method, String path, String json, String... keys) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        StringBuilder fields = new StringBuilder();
        for (String key : keys) {
            fields.append("Idempotency-Key: ").append(key).append("\r\n");
        }
        return tcp.raw(
                method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields
                        + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n",
                body);
    }

    private long said(String event) {
        return said.stream().filter(s -> s.startsWith("event " + event)).count();
    }

    private static String uuid() {
        return UUID.randomUUID().toString();
    }

    @Test
    void aChangeWithoutAKeyIsRefusedAndNothingIsChanged() throws IOException {
        f.tenant("acme");
        for (String method : List.of("POST", "PATCH")) {
            String path = method.equals("POST") ? TENANTS : TENANTS + "/acme";
            Response answer = change(method, path, "{\"name\":\"New\"}");
            assertThat(answer.status()).as(method).isEqualTo(400);
            assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
            assertThat(answer.body()).contains("idempotency_key_required");
        }
        assertThat(f.memory.tenants().find("acme").orElseThrow().name()).isNotEqualTo("New");
        assertThat(said("6001")).isEqualTo(2);
    }

    @Test
    void aKeyThatIsNoUuidIsRefused() throws IOException {
        String key = uuid();
        for (String[] wrong : new String[][] {
            {"mine"}, {""}, {key.substring(1)}, {key + "0"}, {"{" + key + "}"}, {key, uuid()}, {"k".repeat(5000)}
        }) {
            Response answer = change("POST", TENANTS, "{\"slug\":\"beta\"}", wrong);
            assertThat(answer.status()).as(String.join(" and ", wrong)).isEqualTo(400);
            assertThat(answer.body()).contains("idempotency_key_required");
        }
        assertThat(f.memory.tenants().find("beta")).isEmpty();
        assertThat(said("6001")).isEqualTo(7);
    }

    /** What is written as it is made is not kept, but its caller is held to the same. */
    @Test
    void aBackupNeedsAKeyTooAndIsMadeAgainWithIt() throws IOException {
        for (String[] keys : new String[][] {{}, {"mine"}}) {
            Response refused = change("POST", "/api/v1/backup", "{}", keys);
            assertThat(refused.status()).as(String.join(",", keys)).isEqualTo(400);
            assertThat(refused.body()).contains("idempotency_key_required");
        }
        assertThat(said("6001")).isEqualTo(2);
        assertThat(f.memory.auditEvents()).isEmpty();
        String key = uuid();
        for (int made = 1; made <= 2; made++) {
            Response answer = change("POST", "/api/v1/backup", "{}", key);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.headers()).doesNotContainKey("idempotency-replayed");
            assertThat(f.memory.auditEvents()).hasSize(made);
        }
        assertThat(said("6003")).isZero();
    }

    @Test
    void aChangeIsMadeOnceAndItsAnswerGivenAgain() throws IOException {
        String create = uuid();
        Response first = change("POST", TENANTS, "{\"slug\":\"beta\"}", create);
        assertThat(first.status()).isEqualTo(201);
        assertThat(said("6003")).isEqualTo(1);
        Response again = change("POST", TENANTS, "{\"slug\":\"beta\"}", create);
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers()).containsEntry("idempotency-replayed", "true");
        assertThat(said("6002")).isEqualTo(1);
        assertThat(change("POST", TENANTS, "{\"slug\":\"gamma\"}", create).body())
                .contains("idempotency_conflict");

        String patch = uuid();
        assertThat(change("PATCH", TENANTS + "/beta", "{\"name\":\"One\"}", patch)
                        .status())
                .isEqualTo(200);
        assertThat(change("PATCH", TENANTS + "/beta", "{\"name\":\"Two\"}", uuid())
                        .status())
                .isEqualTo(200);
        // the retry of the first does not undo the second
        assertThat(change("PATCH", TENANTS + "/beta", "{\"name\":\"One\"}", patch)
                        .body())
                .contains("\"One\"");
        assertThat(f.memory.tenants().find("beta").orElseThrow().name()).isEqualTo("Two");
        assertThat(said("6002")).isEqualTo(2);
        assertThat(said("6003")).isEqualTo(3);
        // of no event is a key told, nor a body
        assertThat(said).noneMatch(s -> s.contains(create) || s.contains(patch) || s.contains("\"name\""));
    }

    @Test
    void theSameUuidInUpperCaseIsTheSameKey() throws IOException {
        f.tenant("beta");
        String key = "0198c0de-abcd-7000-8000-00000000000f";
        assertThat(change("PATCH", TENANTS + "/beta", "{\"name\":\"One\"}", key).status())
                .isEqualTo(200);
        assertThat(change("PATCH", TENANTS + "/beta", "{\"name\":\"Two\"}", uuid())
                        .status())
                .isEqualTo(200);
        Response again = change("PATCH", TENANTS + "/beta", "{\"name\":\"One\"}", key.toUpperCase(Locale.ROOT));
        assertThat(again.headers()).containsEntry("idempotency-replayed", "true");
        assertThat(f.memory.tenants().find("beta").orElseThrow().name()).isEqualTo("Two");
    }

    @Test
    void whereAKeyIsNotRequiredItsAnswerIsNoLineOfTheLog() {
        AdminIdempotency once = new AdminIdempotency(f.application().replays(), f.clock);
        logger.setLevel(Level.INFO);
        assertThat(once.answer(onTheSocket(), false, () -> Answer.ok("done")).status())
                .isEqualTo(200);
        assertThat(said("6003")).isZero();
        logger.setLevel(Level.FINE);
        assertThat(once.answer(onTheSocket(), false, () -> Answer.ok("done")).status())
                .isEqualTo(200);
        assertThat(said("6003")).isEqualTo(1);
    }

    private static AdminIdempotency.Change onTheSocket() {
        byte[] content = "{}".getBytes(StandardCharsets.UTF_8);
        return new AdminIdempotency.Change(
                CALLER, "POST", TENANTS, AdminIdempotency.fingerprint(content), uuid(), false);
    }

    @Test
    void readsAndDeletionsNeedNoKey() throws IOException {
        f.tenant("acme");
        assertThat(tcp.get(TENANTS).status()).isEqualTo(200);
        assertThat(tcp.send("DELETE", TENANTS + "/acme", "").status()).isEqualTo(204);
        assertThat(said).isEmpty();
    }

    @Test
    void manyAtTheSameInstantMakeOneChange() throws Exception {
        String key = uuid();
        List<Callable<Response>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(() -> change("POST", TENANTS, "{\"slug\":\"beta\"}", key));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Response> one : threads.invokeAll(all)) {
                assertThat(one.get().status()).isEqualTo(201);
            }
        }
        assertThat(said("6003")).isEqualTo(1);
        assertThat(said("6002")).isEqualTo(19);
    }
}

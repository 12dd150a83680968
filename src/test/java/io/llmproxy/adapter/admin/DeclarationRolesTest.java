package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.SocketClient;
import io.llmproxy.testing.SocketClient.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may export and apply what, and what others learn by trying. */
@Timeout(60)
class DeclarationRolesTest {
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;
    private volatile Actor caller = AdminFixture.ADMIN;
    private WebServer server;
    private SocketClient client;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
        f.tenant("globex");
        AdminServer.Application application = f.application();
        AdminIdempotency once = new AdminIdempotency(application.replays(), f.clock);
        server = WebServer.builder()
                .host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                .maxPayloadSize(AdminHandler.LARGEST_BODY)
                .addConnectionSelector(AdminServer.http1())
                .routing(AdminServer.routing(
                        new AdminHandler(AdminServer.table(application), once, true, false, r -> Optional.of(caller))))
                .build()
                .start();
        client = new SocketClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    }

    @AfterEach
    void tearDown() {
        server.stop();
    }

    private static String of(String tenant, String declaration) {
        return "{\"tenant\":\"" + tenant + "\",\"dryRun\":true,\"declaration\":" + declaration + "}";
    }

    private static String declaring(String tenant) {
        return "{\"version\":1,\"tenants\":{\"" + tenant + "\":{\"name\":\"New\"}}}";
    }

    private Response apply(String json) throws IOException {
        return client.send("POST", "/api/v1/apply", json);
    }

    @Test
    void aUserIsRefusedBeforeAByteOfTheBodyIsRead() throws IOException {
        caller = new Actor("jwt:user", null, Role.USER, acme.id(), UUID.randomUUID(), "192.0.2.1");
        for (String key : new String[] {"", "Idempotency-Key: " + UUID.randomUUID() + "\r\n"}) {
            // announced, and never sent
            Response answer = client.raw(
                    "POST /api/v1/apply HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + key
                            + "Content-Type: application/json\r\nContent-Length: 16000000\r\n\r\n",
                    new byte[0]);
            assertThat(answer.status()).as(answer.body()).isEqualTo(403);
            assertThat(answer.body()).contains("the role user may not do that");
        }
    }

    @Test
    void anotherTenantIsAnsweredAsIfItDidNotExist() throws IOException {
        caller = AdminFixture.tenantAdmin(acme);
        assertSame(tenant -> apply(of(tenant, declaring(tenant))), 404);
        // before its document is looked at
        assertSame(tenant -> apply(of(tenant, "{\"version\":99,\"nonsense\":1}")), 404);
        assertSame(tenant -> client.get("/api/v1/export?tenant=" + tenant), 404);
        // named by the document alone
        assertSame(tenant -> apply("{\"dryRun\":true,\"declaration\":" + declaring(tenant) + "}"), 403);

        assertThat(apply(of("acme", declaring("acme"))).status()).isEqualTo(200);
        assertThat(client.get("/api/v1/export").body()).contains("acme").doesNotContain("globex");
    }

    /** A request about a tenant. */
    private interface Asking {
        Response ask(String tenant) throws IOException;
    }

    private static void assertSame(Asking asking, int status) throws IOException {
        Response theirs = asking.ask("globex");
        Response nobodys = asking.ask("absent");
        assertThat(theirs.status()).as(theirs.body()).isEqualTo(status);
        assertThat(nobodys.status()).isEqualTo(status);
        assertThat(theirs.body()).isEqualTo(nobodys.body().replace("absent", "globex"));
    }

    @Test
    void anAdminReachesAll() throws IOException {
        assertThat(apply(of("globex", declaring("globex"))).status()).isEqualTo(200);
        // what is not there is made
        assertThat(apply(of("absent", declaring("absent"))).status()).isEqualTo(200);
        assertThat(client.get("/api/v1/export").body()).contains("acme", "globex");
    }
}

package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.SocketClient;
import io.llmproxy.testing.SocketClient.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Declared limits, where older versions left several of one subject, each in a spelling of its own. */
@Timeout(60)
class DeclaredLimitsTest {
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;
    private User ann;
    private Limit byId;
    private Limit byName;
    private WebServer server;
    private SocketClient client;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
        ann = f.user("acme", "ann@acme.example", Role.USER);
        byName = old(ann.email(), 8);
        byId = old(ann.id().toString(), 5);
        AdminServer.Application application = f.application();
        AdminIdempotency once = new AdminIdempotency(application.replays(), f.clock);
        server = WebServer.builder()
                .host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                .addConnectionSelector(AdminServer.http1())
                .routing(AdminServer.routing(new AdminHandler(
                        AdminServer.table(application), once, true, false, r -> Optional.of(AdminFixture.ADMIN))))
                .build()
                .start();
        client = new SocketClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    }

    @AfterEach
    void tearDown() {
        server.stop();
    }

    private Limit old(String subject, long amount) {
        String id = Ids.next(f.now).toString();
        Limit limit = Limit.of(
                        id,
                        LimitScope.USER,
                        LimitMetric.REQUESTS,
                        amount,
                        LimitPeriod.DAY,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.ADMIN)
                .as(id, subject);
        return f.memory.limits().put(limit.of(acme.id()), f.now);
    }

    private static String limit(String subject, long amount) {
        return "{\"scope\":\"user=" + subject + "\",\"metric\":\"requests\",\"amount\":" + amount + ",\"per\":\"day\"}";
    }

    private static String document(String limits) {
        return "{\"version\":1,\"tenants\":{\"acme\":{\"limits\":[" + limits + "]}}}";
    }

    private JsonNode apply(String declaration) throws IOException {
        Response answer = client.send("POST", "/api/v1/apply", "{\"prune\":true,\"declaration\":" + declaration + "}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    @Test
    void allOfThemAreWhatIsDeclaredAndPruneLeavesThem() throws IOException {
        JsonNode applied = apply(document(limit("ANN@acme.example", 9)));
        assertThat(applied.path("changes")).hasSize(1);
        assertThat(applied.at("/changes/0/change").asString()).isEqualTo("update");
        assertThat(applied.at("/changes/0/fields/0/before").asString()).isEqualTo("5");
        assertThat(f.memory.limits().list(acme.id())).containsExactlyInAnyOrder(byName.amount(9), byId.amount(9));
        for (String spelling : new String[] {ann.email(), ann.id().toString(), "Ann@Acme.Example"}) {
            JsonNode again = apply(document(limit(spelling, 9)));
            assertThat(again.path("changes")).as(spelling).isEmpty();
            assertThat(again.path("undeclared").asInt()).isZero();
        }
    }

    @Test
    void theStrictestIsExportedAndAppliesAgain() throws IOException {
        JsonNode declaration =
                Json.MAPPER.readTree(client.get("/api/v1/export").body()).path("declaration");
        JsonNode limits = declaration.at("/tenants/acme/limits");
        assertThat(limits).hasSize(1);
        assertThat(limits.at("/0/scope").asString()).isEqualTo("user=ann@acme.example");
        assertThat(limits.at("/0/amount").asInt()).isEqualTo(5);
        assertThat(apply(declaration.toString()).path("changes")).isEmpty();
        assertThat(f.memory.limits().list(acme.id())).containsExactlyInAnyOrder(byName, byId);
    }

    @Test
    void whereNoneIsDeclaredPruneDeletesAllOfThem() throws IOException {
        JsonNode applied = apply(document(""));
        assertThat(applied.path("changes"))
                .hasSize(2)
                .allSatisfy(
                        change -> assertThat(change.path("change").asString()).isEqualTo("delete"));
        assertThat(f.memory.limits().list(acme.id())).isEmpty();
    }

    @Test
    void oneLimitInTwoSpellingsIsAFaultAndNothingIsChanged() throws IOException {
        String twice = document(limit(ann.id().toString(), 9) + "," + limit("ANN@acme.example", 7));
        Response refused = client.send("POST", "/api/v1/apply", "{\"declaration\":" + twice + "}");
        assertThat(refused.status()).isEqualTo(400);
        JsonNode fault = Json.MAPPER.readTree(refused.body()).at("/errors/0");
        assertThat(fault.path("pointer").asString()).isEqualTo("/tenants/acme/limits/1/scope");
        assertThat(fault.path("detail").asString())
                .contains("is declared already, at /tenants/acme/limits/0", "user=ann@acme.example");
        assertThat(f.memory.limits().list(acme.id())).containsExactlyInAnyOrder(byName, byId);
    }
}

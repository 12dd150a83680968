package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.identity.Role;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.RemoteAdmin;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every operation that there is, called over TCP by the administrator of one tenant and by a user of it, about its own tenant, about
 * another, and about the installation: nothing of the other two comes out or is changed. A new operation is in here by itself.
 */
@Timeout(120)
class ConfinementTest {
    /** What of the other tenant and of the installation may be in no answer. */
    private static final String FOREIGN = "bravo";

    private static final String SECRET = "innermost";

    @TempDir
    static Path directory;

    private static final FakeProvider UPSTREAM = FakeProvider.start();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final List<AdminRoute> ROUTES =
            AdminServer.table(new AdminFixture().application()).routes();
    private static TestAppliance appliance;
    private static URI admin;
    private static String root;
    private static String boss;
    private static String anna;
    /** By the variable of the path, what the other tenant has of it. */
    private static final Map<String, String> THEIRS = new LinkedHashMap<>();

    private static final Map<String, String> OURS = new LinkedHashMap<>();

    @BeforeAll
    static void twoTenants() throws Exception {
        RemoteAdmin tokens = new RemoteAdmin(directory);
        root = tokens.token("root", Role.ADMIN, null, null);
        boss = tokens.token("boss", Role.TENANT_ADMIN, "alpha", null);
        anna = tokens.token("anna", Role.USER, "alpha", "anna@alpha.test");
        appliance = TestAppliance.builder()
                .set("admin.auth.tokens-file", tokens.file().toString())
                .environment("INNERMOST_KEY", SECRET)
                .start();
        admin = URI.create(String.valueOf(appliance.appliance().adminUrl()));
        fill("alpha", "anna", OURS);
        fill(FOREIGN, "bravoman", THEIRS);
        // of the installation, but about the other tenant
        ctl(
                "limit",
                "set",
                "--scope",
                "key=" + THEIRS.get("key"),
                "--metric",
                "requests",
                "--amount",
                "7",
                "--per",
                "day");
        ctl(
                "limit",
                "set",
                "--scope",
                "user=bravoman@bravo.test",
                "--metric",
                "requests",
                "--amount",
                "7",
                "--per",
                "day");
        ctl(
                "limit",
                "set",
                "--scope",
                "provider=bravoprovider",
                "--metric",
                "requests",
                "--amount",
                "7",
                "--per",
                "day");
        appliance
                .ctl(
                        "provider",
                        "create",
                        "everybodys",
                        "--type",
                        "openai",
                        "--shared",
                        "--api-key-env",
                        "INNERMOST_KEY")
                .value();
    }

    private static String ctl(String... args) {
        return appliance.ctl(args).value();
    }

    private static void fill(String tenant, String who, Map<String, String> ids) throws Exception {
        ctl("tenant", "create", tenant);
        String prefix = tenant.equals("alpha") ? "alpha" : FOREIGN;
        String email = who + "@" + prefix + ".test";
        ctl("-t", tenant, "user", "create", email);
        appliance.provider(
                tenant, prefix + "provider", "openai", UPSTREAM.baseUrl().toString(), "sk-" + prefix + SECRET);
        String secret = ctl("-t", tenant, "key", "create", prefix + "key", "--user", email, "-q");
        ctl("-t", tenant, "route", "create", prefix + "route", "--target", prefix + "provider/gpt-4o");
        String limit = ctl(
                "-t",
                tenant,
                "limit",
                "set",
                "--scope",
                "user=" + email,
                "--metric",
                "requests",
                "--amount",
                "1000",
                "--per",
                "day",
                "-q");
        String price = ctl("-t", tenant, "price", "set", prefix + "model", "--per-request", "0.5", "-q");
        HttpResponse<String> chat = HTTP.send(
                HttpRequest.newBuilder(appliance.gateway().resolve("/v1/chat/completions"))
                        .header("Authorization", "Bearer " + secret)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{\"model\":\"gpt-4o\",\"messages\":[]}"))
                        .build(),
                BodyHandlers.ofString());
        ids.put("tenant", tenant);
        ids.put("user", email);
        ids.put("key", prefix + "key");
        ids.put("provider", prefix + "provider");
        ids.put("route", prefix + "route");
        ids.put("limit", limit);
        ids.put("price", price);
        ids.put("request", chat.headers().firstValue("x-request-id").orElseThrow());
    }

    @AfterAll
    static void stop() {
        appliance.close();
        UPSTREAM.close();
        HTTP.close();
    }

    private record Called(String what, int status, String body) {}

    private static Called call(String token, AdminRoute route, Map<String, String> ids, String query) throws Exception {
        String path = route.path();
        for (Map.Entry<String, String> id : ids.entrySet()) {
            path = path.replace("{" + id.getKey() + "}", id.getValue());
        }
        assertThat(path).as("a variable that this test does not know").doesNotContain("{");
        HttpRequest.Builder request = HttpRequest.newBuilder(admin.resolve(path + query))
                .header("Authorization", "Bearer " + token)
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .header("Content-Type", "application/json");
        boolean body = route.method().equals("POST") || route.method().equals("PATCH");
        request.method(route.method(), body ? BodyPublishers.ofString(bodyOf(route)) : BodyPublishers.noBody());
        HttpResponse<String> answer = HTTP.send(request.build(), BodyHandlers.ofString());
        return new Called(route.method() + " " + path + query, answer.statusCode(), answer.body());
    }

    /** One that would do something, so that it is not the body that is refused. */
    private static String bodyOf(AdminRoute route) {
        String name = route.path().substring(route.path().lastIndexOf('/') + 1);
        boolean create = route.method().equals("POST");
        return switch (name) {
            case "tenants" -> "{\"slug\":\"made\"}";
            case "{tenant}" -> "{\"name\":\"Changed\"}";
            case "users" -> "{\"email\":\"made@alpha.test\"}";
            case "{user}" -> "{\"name\":\"Changed\"}";
            case "keys" -> "{\"name\":\"made\"}";
            case "{key}" -> "{\"expires\":\"30d\"}";
            case "providers" -> "{\"name\":\"made\",\"type\":\"openai\",\"apiKey\":\"sk-made\"}";
            case "{provider}" -> "{\"priority\":3}";
            case "routes" -> "{\"name\":\"made\",\"targets\":[\"alphaprovider/o3\"]}";
            case "{route}" -> "{\"strategy\":\"failover\"}";
            case "limits" ->
                create ? "{\"scope\":\"user\",\"metric\":\"requests\",\"amount\":3,\"per\":\"minute\"}" : "{}";
            case "prices" -> "{\"model\":\"made\",\"perRequest\":\"1\"}";
            case "import" -> "{\"prices\":\"model,per-request,valid-from\\nmade,1,2026-11-01\\n\"}";
            case "explain" -> "{\"model\":\"gpt-4o\"}";
            case "purge" -> "{\"before\":\"1d\"}";
            case "log" -> "{\"level\":\"info\"}";
            case "apply" -> "{\"declaration\":{},\"tenant\":\"" + FOREIGN + "\"}";
            default -> "{}";
        };
    }

    /** The path's variables about ourselves, about them, and theirs where the tenant is ours. */
    private static List<Map<String, String>> ways(AdminRoute route) {
        List<Map<String, String>> ways = new ArrayList<>(List.of(THEIRS));
        if (route.path().contains("{tenant}")) {
            Map<String, String> theirsInOurs = new LinkedHashMap<>(THEIRS);
            theirsInOurs.put("tenant", "alpha");
            ways.add(theirsInOurs);
            Map<String, String> oursInTheirs = new LinkedHashMap<>(OURS);
            oursInTheirs.put("tenant", FOREIGN);
            ways.add(oursInTheirs);
        }
        return ways;
    }

    /** Parameters without which nothing is looked up. */
    private static String needed(AdminRoute route) {
        return route.path().endsWith("/effective") ? "?model=gpt-4o" : "";
    }

    private static boolean named(AdminRoute route) {
        return route.path().contains("{");
    }

    @Test
    void nothingOfAnotherTenantComesOutOrIsChanged() throws Exception {
        String before = declared(FOREIGN);
        String installation = declared(null);
        for (String token : List.of(boss, anna)) {
            for (AdminRoute route : ROUTES) {
                if (route.open()) {
                    continue;
                }
                for (Map<String, String> ids : named(route) ? ways(route) : List.<Map<String, String>>of()) {
                    boolean listOfOurs = "alpha".equals(ids.get("tenant"))
                            && route.path().replace("{tenant}", "").indexOf('{') < 0;
                    if (listOfOurs) {
                        continue;
                    }
                    Called refused = call(token, route, ids, needed(route));
                    assertThat(refused.status())
                            .as(refused.what() + "\n" + refused.body())
                            .isIn(403, 404);
                    assertThat(refused.body()).doesNotContain(SECRET);
                }
                if (route.path().equals("/api/v1/apply")) {
                    // its body names them
                    Called refused = call(token, route, THEIRS, "");
                    assertThat(refused.status())
                            .as(refused.what() + "\n" + refused.body())
                            .isIn(403, 404);
                }
                if (route.query().contains("tenant")) {
                    Called refused = call(token, route, THEIRS, "?tenant=" + FOREIGN);
                    assertThat(refused.status())
                            .as(refused.what() + "\n" + refused.body())
                            .isIn(403, 404);
                }
            }
        }
        assertThat(declared(FOREIGN)).isEqualTo(before);
        assertThat(declared(null)).isEqualTo(installation);
    }

    @Test
    void whatIsNotNamedIsTheCallersOwn() throws Exception {
        for (String token : List.of(boss, anna)) {
            for (AdminRoute route : ROUTES) {
                boolean read = route.method().equals("GET")
                        || route.path().endsWith("/test")
                        || route.path().endsWith("/explain");
                boolean ofTenant = named(route);
                boolean aboutThem = route.path().equals("/api/v1/apply");
                if (route.open()
                        || !read && ofTenant
                        || aboutThem
                        || route.path().equals("/openapi")) {
                    continue;
                }
                Called called = call(token, route, OURS, needed(route));
                assertThat(called.status())
                        .as(called.what() + "\n" + called.body())
                        .isLessThan(500);
                assertThat(called.body().toLowerCase(Locale.ROOT))
                        .as(called.what())
                        .doesNotContain(
                                FOREIGN, SECRET, THEIRS.get("limit"), THEIRS.get("price"), THEIRS.get("request"));
                boolean permitted = route.access() == AdminRoute.Access.USERS
                        || token.equals(boss) && route.access() == AdminRoute.Access.TENANT_ADMINS;
                if (!permitted) {
                    assertThat(called.status()).as(called.what()).isEqualTo(403);
                } else if (route.method().equals("GET") && !route.path().endsWith("/effective")) {
                    assertThat(called.status())
                            .as(called.what() + "\n" + called.body())
                            .isEqualTo(200);
                }
            }
        }
    }

    /** The list is written down, so that widening an operation is a decision and no accident. */
    @Test
    void usersReachTheirKeysAndTheirUsage() {
        assertThat(ROUTES.stream()
                        .filter(r -> r.access() == AdminRoute.Access.USERS)
                        .map(r -> r.path())
                        .distinct())
                .containsExactlyInAnyOrder(
                        "/api/v1/version",
                        "/openapi",
                        "/api/v1/tenants/{tenant}/keys",
                        "/api/v1/tenants/{tenant}/keys/revoke-all",
                        "/api/v1/tenants/{tenant}/keys/{key}",
                        "/api/v1/tenants/{tenant}/keys/{key}/revoke",
                        "/api/v1/tenants/{tenant}/keys/{key}/rotate",
                        "/api/v1/usage/report",
                        "/api/v1/usage/records",
                        "/api/v1/explain/{request}");
        assertThat(ROUTES.stream()
                        .filter(r -> r.access() == AdminRoute.Access.ANYBODY)
                        .map(r -> r.path()))
                .containsExactlyInAnyOrder("/health/live", "/health/ready", "/health/started", "/metrics");
        assertThat(ROUTES.stream()
                        .filter(r -> r.access() == AdminRoute.Access.TENANT_ADMINS)
                        .map(r -> r.path())
                        .filter(p -> !p.startsWith("/api/v1/tenants/{tenant}"))
                        .distinct())
                .containsExactlyInAnyOrder(
                        "/api/v1/tenants",
                        "/api/v1/prices/catalogue",
                        "/api/v1/audit/events",
                        "/api/v1/audit/chains",
                        "/api/v1/audit/key",
                        "/api/v1/audit/export",
                        "/api/v1/audit/requests",
                        "/api/v1/export",
                        "/api/v1/apply");
    }

    @Test
    void aUserSeesItsOwnKeysAndUsageAlone() throws Exception {
        ctl("-t", "alpha", "user", "create", "other@alpha.test");
        ctl("-t", "alpha", "key", "create", "othersone", "--user", "other@alpha.test");
        ctl("-t", "alpha", "key", "create", "nobodys");
        for (String path : List.of(
                "/api/v1/tenants/alpha/keys/othersone",
                "/api/v1/tenants/alpha/keys/nobodys",
                "/api/v1/tenants/alpha/keys?user=other@alpha.test")) {
            assertThat(get(anna, path).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(get(anna, "/api/v1/tenants/alpha/keys").body())
                .contains("alphakey")
                .doesNotContain("othersone", "nobodys");
        assertThat(get(boss, "/api/v1/tenants/alpha/keys").body()).contains("alphakey", "othersone", "nobodys");
        assertThat(get(anna, "/api/v1/usage/records").body()).contains(String.valueOf(OURS.get("request")));
    }

    private static HttpResponse<String> get(String token, String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(admin.resolve(path))
                        .header("Authorization", "Bearer " + token)
                        .build(),
                BodyHandlers.ofString());
    }

    /** As an admin sees it; of the installation its providers, routes, limits and prices. */
    private static String declared(@Nullable String tenant) throws Exception {
        if (tenant != null) {
            return ctl("-t", tenant, "export", "--hashes");
        }
        StringBuilder all = new StringBuilder();
        for (String list : List.of("tenants", "providers", "routes", "limits", "prices", "log")) {
            HttpResponse<String> answer = get(root, "/api/v1/" + list);
            assertThat(answer.statusCode()).isEqualTo(200);
            all.append(answer.body());
        }
        return all.toString();
    }
}

package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.ConfigException;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.RemoteAdmin;
import io.llmproxy.testing.SocketClient;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAuthority;
import io.llmproxy.testing.TestAuthority.PemPair;
import io.llmproxy.testing.TestIssuer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import org.jose4j.jwt.JwtClaims;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Administration over TCP, by real HTTP and TLS, by curl's means and by llmproxyctl's. */
@Timeout(120)
class RemoteAdminTest {
    private static final String TENANTS = "/api/v1/tenants";

    @TempDir
    Path directory;

    private RemoteAdmin tokens;
    private TestIssuer issuer;
    private TestAuthority authority;
    private TestAppliance appliance;
    private URI admin;
    private HttpClient http;
    private String root;

    @BeforeEach
    void start() throws Exception {
        tokens = new RemoteAdmin(directory);
        root = tokens.token("root", Role.ADMIN, null, null);
        issuer = new TestIssuer();
        authority = TestAuthority.create("afar");
        PemPair own = authority.issue("CN=admin", "ip:127.0.0.1").write(directory, "admin");
        appliance = TestAppliance.builder()
                .set("admin.tls.certificate", own.certificate().toString())
                .set("admin.tls.key", own.key().toString())
                .set("admin.auth.tokens-file", tokens.file().toString())
                .set("admin.auth.jwt.issuer", TestIssuer.NAME)
                .set("admin.auth.jwt.audience", TestIssuer.AUDIENCE)
                .set(
                        "admin.auth.jwt.keys-file",
                        Files.writeString(directory.resolve("keys.json"), issuer.jwks())
                                .toString())
                .start();
        admin = URI.create(String.valueOf(appliance.appliance().adminUrl()));
        http = HttpClient.newBuilder().sslContext(authority.client(null)).build();
    }

    @AfterEach
    void stop() {
        http.close();
        appliance.close();
    }

    private HttpResponse<String> get(String path, String token) throws Exception {
        return send(request(path, token));
    }

    private HttpRequest.Builder request(String path, String token) {
        return HttpRequest.newBuilder(admin.resolve(path)).header("Authorization", "Bearer " + token);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> create(String slug, String token, String... headers) throws Exception {
        HttpRequest.Builder request = request(TENANTS, token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"slug\":\"" + slug + "\"}"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    private TestAppliance.Ctl ctl(String token, String... args) throws Exception {
        Path file = Files.writeString(directory.resolve("used.token"), token + "\n");
        Path ca = authority.write(directory.resolve("ca.pem"));
        return RemoteAdmin.ctl(
                List.of("--url", admin.toString(), "--token-file", file.toString(), "--server-ca-file", ca.toString()),
                "",
                args);
    }

    @Test
    void whoIsNotKnownGetsOneAnswerWhateverIsWrong() throws Exception {
        HttpResponse<String> nothing = send(HttpRequest.newBuilder(admin.resolve(TENANTS)));
        assertThat(nothing.statusCode()).isEqualTo(401);
        assertThat(nothing.headers().firstValue("WWW-Authenticate")).hasValue("Bearer realm=\"llmproxy\"");
        assertThat(nothing.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JwtClaims expired = TestIssuer.claims(appliance.clock().instant().minusSeconds(900), "ops", "admin");
        String body = null;
        for (String wrong : List.of(
                "x",
                root.substring(0, root.length() - 1) + "-",
                "llmpa_" + "A".repeat(43),
                "llmp_" + "A".repeat(43),
                "a.b.c",
                issuer.sign(expired),
                issuer.hmacByPublicKey(TestIssuer.claims(appliance.clock().instant(), "ops", "admin")),
                TestIssuer.unsigned(TestIssuer.claims(appliance.clock().instant(), "ops", "admin"), ""),
                new TestIssuer().sign(TestIssuer.claims(appliance.clock().instant(), "ops", "admin")),
                "A".repeat(7000))) {
            HttpResponse<String> refused = get(TENANTS, wrong);
            assertThat(refused.statusCode()).as(wrong).isEqualTo(401);
            assertThat(refused.headers().firstValue("WWW-Authenticate")).isPresent();
            assertThat(body == null ? refused.body() : body).as(wrong).isEqualTo(refused.body());
            body = refused.body();
        }
        assertThat(get("/metrics", "x").body()).contains("llmproxy_admin_callers_refused_total 10.0");
        // what is no operation is not told to strangers
        assertThat(get("/api/v1/nowhere", "x").statusCode()).isEqualTo(401);
        assertThat(get("/health/ready", "x").statusCode()).isEqualTo(200);
    }

    @Test
    void oddCredentialsAreRefusedClearly() throws Exception {
        HttpRequest.Builder basic =
                HttpRequest.newBuilder(admin.resolve(TENANTS)).header("Authorization", "Basic eDp5");
        assertThat(send(basic).statusCode()).isEqualTo(401);
        assertThat(send(basic).body()).contains("another scheme");
        HttpRequest.Builder twice = request(TENANTS, root).header("Authorization", "Bearer " + root);
        assertThat(send(twice).statusCode()).isEqualTo(400);
        assertThat(get(TENANTS, "A".repeat(9000)).body()).contains("longer than 8192");
        assertThat(send(HttpRequest.newBuilder(admin.resolve(TENANTS + "?access_token=" + root)))
                        .statusCode())
                .isEqualTo(401);
        HttpRequest.Builder small =
                HttpRequest.newBuilder(admin.resolve(TENANTS)).header("authorization", "bEARER  " + root);
        assertThat(send(small).statusCode()).isEqualTo(200);
    }

    @Test
    void changesNeedAnIdempotencyKeyAndItIsTheCallersOwn() throws Exception {
        assertThat(create("one", root).body()).contains("idempotency_key_required");
        String key = UUID.randomUUID().toString();
        assertThat(create("one", root, "Idempotency-Key", key).statusCode()).isEqualTo(201);
        assertThat(create("one", root, "Idempotency-Key", key).headers().firstValue("idempotency-replayed"))
                .hasValue("true");
        String jwt = issuer.sign(TestIssuer.claims(appliance.clock().instant(), "ops", "admin"));
        HttpResponse<String> others = create("one", jwt, "Idempotency-Key", key);
        assertThat(others.headers().firstValue("idempotency-replayed")).isEmpty();
        assertThat(others.statusCode()).isEqualTo(409);
    }

    @Test
    void theAuditNamesTokensAndSubjects() throws Exception {
        String jwt = issuer.sign(TestIssuer.claims(appliance.clock().instant(), "ops@example.com", "admin"));
        create("one", root, "Idempotency-Key", UUID.randomUUID().toString());
        create("two", jwt, "Idempotency-Key", UUID.randomUUID().toString());
        String events = appliance
                .ctl("audit", "list", "--action", "tenant.create", "-o", "json")
                .value();
        assertThat(events)
                .contains("\"token:root\"", "\"jwt:ops@example.com\"", "\"127.0.0.1\"")
                .doesNotContain(root, jwt);
    }

    @Test
    void aTokenThatIsTakenOutIsRefusedOnTheSameConnection() throws Exception {
        String second = tokens.token("second", Role.ADMIN, null, null);
        appliance.ctl("config", "reload").value();
        assertThat(get(TENANTS, second).statusCode()).isEqualTo(200);
        tokens.remove("second");
        appliance.ctl("config", "reload").value();
        assertThat(get(TENANTS, second).statusCode()).isEqualTo(401);
        assertThat(get(TENANTS, root).statusCode()).isEqualTo(200);
    }

    @Test
    void aFileThatIsWrongLeavesTheOldInForceAndIsAProblem() throws Exception {
        String good = Files.readString(tokens.file());
        Files.writeString(tokens.file(), good + "second role=king\n");
        TestAppliance.Ctl refused = appliance.ctl("config", "reload");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains(tokens.file() + ":2: role: must be admin");
        assertThat(get(TENANTS, root).statusCode()).isEqualTo(200);
        assertThat(appliance.ctl("status").value()).contains(tokens.file() + ":2");
        Files.writeString(tokens.file(), good);
        Eventually.holds(
                "the file is right again",
                () -> !appliance.ctl("status").value().contains("tokens:2"));
    }

    @Test
    void whoIsConfinedIsLookedUpAtEachRequest() throws Exception {
        String boss = tokens.token("boss", Role.TENANT_ADMIN, "acme", null);
        String anna = tokens.token("anna", Role.USER, "acme", "anna@acme.test");
        appliance.ctl("config", "reload").value();
        String keys = TENANTS + "/acme/keys";
        assertThat(get(keys, boss).statusCode()).isEqualTo(403); // there is no such tenant
        appliance.ctl("tenant", "create", "acme").value();
        assertThat(get(keys, boss).statusCode()).isEqualTo(200);
        assertThat(get(keys, anna).statusCode()).isEqualTo(403);
        appliance.ctl("-t", "acme", "user", "create", "anna@acme.test").value();
        assertThat(get(keys, anna).statusCode()).isEqualTo(200);
        appliance
                .ctl("-t", "acme", "user", "update", "anna@acme.test", "--status", "disabled")
                .value();
        assertThat(get(keys, anna).statusCode()).isEqualTo(403);
        appliance.ctl("-t", "acme", "user", "delete", "anna@acme.test", "--yes").value();
        assertThat(get(keys, anna).statusCode()).isEqualTo(403);
        appliance.ctl("tenant", "suspend", "acme").value();
        assertThat(get(keys, boss).body()).contains("is suspended");
        assertThat(get(keys, boss).statusCode()).isEqualTo(403);
    }

    @Test
    void llmproxyctlDoesFromAfarWhatItDoesOnTheSocket() throws Exception {
        assertThat(ctl(root, "tenant", "create", "acme", "-q").code()).isZero();
        assertThat(ctl(root, "-t", "acme", "key", "create", "dev", "-q").value())
                .startsWith("llmp_");
        assertThat(ctl(root, "status").value()).contains("Gateway   http", "Asked at  " + admin);
        assertThat(ctl(root, "top", "--count", "1").code()).isZero();
        assertThat(ctl(root, "usage", "export").code()).isZero();
        assertThat(ctl(root, "audit", "export").value()).contains("\"begin\"");
        assertThat(ctl(root, "audit", "verify").code()).isZero();
        assertThat(ctl(root, "export").value()).contains("acme");
        assertThat(ctl(root, "config", "show").value()).contains("admin.auth.tokens-file");
        assertThat(ctl(root, "log", "level").code()).isZero();
        Path backup = directory.resolve("state.backup");
        assertThat(ctl(root, "backup", "create", backup.toString()))
                .satisfies(made -> assertThat(made.code()).as(made.err()).isZero());
        assertThat(backup).isNotEmptyFile();
        Path bundle = directory.resolve("bundle.tar.gz");
        TestAppliance.Ctl bundled = ctl(root, "support-bundle", bundle.toString());
        assertThat(bundled.code()).as(bundled.err()).isZero();
        TestAppliance.Ctl refused = ctl("llmpa_" + "x".repeat(43), "tenant", "list");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("the token is not accepted");
    }

    @Test
    void llmproxyctlBelievesTheAuthorityThatItIsGivenAlone() throws Exception {
        Path file = Files.writeString(directory.resolve("root.token"), root);
        List<String> server = List.of("--url", admin.toString(), "--token-file", file.toString());
        assertThat(RemoteAdmin.ctl(server, "", "tenant", "list").code()).isEqualTo(3);
        Path other = TestAuthority.create("other").write(directory.resolve("other.pem"));
        assertThat(RemoteAdmin.ctl(server, "", "--server-ca-file", other.toString(), "tenant", "list")
                        .code())
                .isEqualTo(3);
        TestAppliance.Ctl rubbish = RemoteAdmin.ctl(server, "", "--server-ca-file", file.toString(), "tenant", "list");
        assertThat(rubbish.code()).isEqualTo(2);
        assertThat(rubbish.err()).contains("--server-ca-file").doesNotContain(root);
    }

    @Test
    void withoutTlsTokensAreForLoopbackAlone() throws Exception {
        Path file = tokens.file();
        for (String host : List.of("0.0.0.0", "[::]", "192.0.2.1", "example.com")) {
            assertThatThrownBy(() -> TestAppliance.builder()
                            .set("admin.listen", host + ":0")
                            .set("admin.auth.tokens-file", file.toString())
                            .tryStart())
                    .as(host)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("admin.auth.tokens-file: tokens would cross the network in clear text");
        }
        try (TestAppliance plain = TestAppliance.builder()
                .set("admin.auth.tokens-file", file.toString())
                .set("tenant", "acme")
                .start()) {
            SocketClient client = new SocketClient(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(),
                    URI.create(String.valueOf(plain.appliance().adminUrl())).getPort()));
            String head = "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n";
            assertThat(client.raw(head.formatted(TENANTS + "/acme", root), new byte[0])
                            .status())
                    .isEqualTo(200);
            // of a tenant that this process does not serve
            String beta = tokens.token("beta", Role.TENANT_ADMIN, "beta", null);
            plain.ctl("config", "reload").value();
            assertThat(client.raw(head.formatted(TENANTS + "/acme", beta), new byte[0])
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void filesThatCannotBeUsedAreAWrongConfiguration() throws Exception {
        Path open = Files.writeString(directory.resolve("open"), "");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> TestAppliance.builder()
                        .set("admin.auth.tokens-file", open.toString())
                        .tryStart())
                .isInstanceOfSatisfying(
                        StartException.class, e -> assertThat(e.exitCode()).isEqualTo(StartException.USAGE))
                .hasMessageContaining("others may read or write it (mode rw-r--r--)");
    }
}

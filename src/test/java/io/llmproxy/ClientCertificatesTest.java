package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAuthority;
import io.llmproxy.testing.TestAuthority.Issued;
import io.llmproxy.testing.TestAuthority.PemPair;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that show certificates: in place of a key's secret, beside it, and those that should not get in. */
@Timeout(120)
class ClientCertificatesTest {
    @TempDir
    static Path directory;

    private static TestAuthority authority;
    private static TestAuthority stranger;
    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static String secret;
    private static Issued nobody;

    private record Client(HttpClient http) implements AutoCloseable {
        HttpResponse<String> chat(Version version, @Nullable String key, String... fields) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            appliance.gateway().resolve("/v1/chat/completions"))
                    .version(version)
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(Http.CHAT));
            if (key != null) {
                request.header("Authorization", "Bearer " + key);
            }
            for (int i = 0; i < fields.length; i += 2) {
                request.header(fields[i], fields[i + 1]);
            }
            return http.send(request.build(), BodyHandlers.ofString());
        }

        int status(@Nullable String key) throws Exception {
            return chat(Version.HTTP_1_1, key).statusCode();
        }

        @Override
        public void close() {
            http.close();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        authority = TestAuthority.create("clients");
        // of the same name, so that clients believe that they may show what it signed
        stranger = TestAuthority.create("clients");
        nobody = authority.issue("CN=nobody");
        upstream = FakeProvider.start();
        appliance = appliance("optional").start();
        secret = appliance.tenantWithKey("acme", upstream.baseUrl());
        appliance.tenantWithKey("globex", upstream.baseUrl());
    }

    private static TestAppliance.Builder appliance(String auth) throws Exception {
        PemPair own =
                authority.issue("CN=gateway", "ip:127.0.0.1", "dns:localhost").write(directory, "gateway");
        Path clients = authority.write(directory.resolve("clients.pem"));
        return TestAppliance.builder()
                .set("gateway.tls.certificate", own.certificate().toString())
                .set("gateway.tls.key", own.key().toString())
                .set("gateway.tls.client-ca", clients.toString())
                .set("gateway.tls.client-auth", auth);
    }

    @AfterAll
    static void stop() {
        appliance.close();
        upstream.close();
    }

    private static Client with(@Nullable Issued certificate) throws Exception {
        return new Client(HttpClient.newBuilder()
                .sslContext(authority.client(certificate))
                .connectTimeout(Duration.ofSeconds(30))
                .build());
    }

    private static String key(String tenant, String name, String... options) {
        String[] args = new String[options.length + 5];
        args[0] = "-t";
        args[1] = tenant;
        args[2] = "key";
        args[3] = "create";
        args[4] = name;
        System.arraycopy(options, 0, args, 5, options.length);
        return appliance.ctl(args).value();
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aCertificateStandsForItsKeyByAnyOfItsNames(Version version) throws Exception {
        String v = version.name();
        Map<Issued, String[]> known = new HashMap<>();
        Issued byHand = authority.issue("CN=by hand " + v);
        known.put(
                byHand,
                new String[] {"--certificate-fingerprint", byHand.fingerprint().toUpperCase(java.util.Locale.ROOT)});
        known.put(
                authority.issue("CN=App " + v + ",OU=Search\\, Ltd,O=Acme"),
                new String[] {"--certificate-subject", "CN=app " + v + ", OU=\"Search, Ltd\", O=ACME"});
        known.put(
                authority.issue("CN=x", "dns:App-" + v + ".acme.test", "dns:other.test"),
                new String[] {"--certificate-san", "dns:app-" + v + ".ACME.test"});
        known.put(
                authority.issue("CN=x", "uri:spiffe://acme.test/Search/" + v),
                new String[] {"--certificate-san", "uri:spiffe://acme.test/Search/" + v});
        known.put(
                authority.issue("CN=x", "email:Ada-" + v + "@acme.test"),
                new String[] {"--certificate-san", "email:ada-" + v + "@acme.test"});
        int number = 0;
        for (Map.Entry<Issued, String[]> entry : known.entrySet()) {
            String name = "alone-" + v + "-" + number++;
            String[] options = entry.getValue();
            key("acme", name, options[0], options[1], "--certificate-only");
            try (Client client = with(entry.getKey())) {
                for (int i = 0; i < 2; i++) {
                    HttpResponse<String> answer = client.chat(version, null);
                    assertThat(answer.statusCode()).as(options[1]).isEqualTo(200);
                    assertThat(answer.version()).isEqualTo(version);
                }
            }
            assertThat(appliance
                            .ctl("-t", "acme", "usage", "report", "--by", "key", "-o", "json")
                            .value())
                    .contains(name);
        }
    }

    @Test
    void aKeyMayNeedItsCertificateBesideItsSecret() throws Exception {
        Issued own = authority.issue("CN=beside", "dns:beside.acme.test");
        String bound = key("acme", "beside", "--certificate-san", "dns:beside.acme.test", "-q");
        try (Client right = with(own);
                Client wrong = with(nobody);
                Client none = with(null)) {
            assertThat(right.status(bound)).isEqualTo(200);
            assertThat(right.chat(Version.HTTP_2, bound).statusCode()).isEqualTo(200);
            // the certificate alone is not enough, nor is the secret
            assertThat(right.status(null)).isEqualTo(401);
            assertThat(wrong.status(bound)).isEqualTo(401);
            assertThat(none.chat(Version.HTTP_1_1, bound).body()).contains("client certificate", "invalid_api_key");
            // other keys do not mind
            assertThat(right.status(secret)).isEqualTo(200);
            assertThat(none.status(secret)).isEqualTo(200);
            appliance
                    .ctl("-t", "acme", "key", "update", "beside", "--no-certificate")
                    .value();
            assertThat(none.status(bound)).isEqualTo(200);
        }
    }

    @Test
    void whereTheCertificateStandsForTheKeyItsSecretIsNone() throws Exception {
        Issued own = authority.issue("CN=turned", "dns:turned.acme.test");
        String before = key("acme", "turned", "-q");
        try (Client client = with(own)) {
            assertThat(client.status(before)).isEqualTo(200);
            appliance
                    .ctl(
                            "-t",
                            "acme",
                            "key",
                            "update",
                            "turned",
                            "--certificate-san",
                            "dns:turned.acme.test",
                            "--certificate-only")
                    .value();
            assertThat(client.status(before)).isEqualTo(401);
            assertThat(client.status(null)).isEqualTo(200);
            TestAppliance.Ctl rotated = appliance.ctl("-t", "acme", "key", "rotate", "turned");
            assertThat(rotated.code()).isEqualTo(5);
            assertThat(rotated.err()).contains("has no secret");
            String shown = appliance.ctl("-t", "acme", "key", "show", "turned").value();
            assertThat(shown).contains("dns:turned.acme.test");
        }
        TestAppliance.Ctl created = appliance.ctl(
                "-t", "acme", "key", "create", "unspoken", "--certificate-san", "dns:u.test", "--certificate-only");
        assertThat(created.out()).doesNotContain("llmp_" + "0").doesNotContain("Secret ");
        assertThat(created.err()).doesNotContain("will not be shown again");
    }

    @Test
    void aRevokedKeyIsRefusedOnAConnectionThatStandsAndItsCertificateIsFree() throws Exception {
        Issued own = authority.issue("CN=revoked", "dns:revoked.acme.test");
        key("acme", "first", "--certificate-san", "dns:revoked.acme.test", "--certificate-only");
        try (Client client = with(own)) {
            assertThat(client.status(null)).isEqualTo(200);
            appliance.ctl("-t", "acme", "key", "revoke", "first", "--yes").value();
            HttpResponse<String> refused = client.chat(Version.HTTP_1_1, null);
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.body()).contains("revoked_api_key");
            key("acme", "second", "--certificate-san", "dns:revoked.acme.test", "--certificate-only");
            assertThat(client.status(null)).isEqualTo(200);
        }
    }

    @Test
    void aKeyThatTookOverByAnotherNameOfTheCertificateIsNotInTheWayOfTheRevokedOne() throws Exception {
        Issued own = authority.issue("CN=twice", "dns:twice.acme.test", "uri:spiffe://acme/twice");
        key("acme", "dns", "--certificate-san", "dns:twice.acme.test", "--certificate-only");
        appliance.ctl("-t", "acme", "key", "revoke", "dns", "--yes").value();
        key("acme", "uri", "--certificate-san", "uri:spiffe://acme/twice", "--certificate-only");
        try (Client client = with(own)) {
            assertThat(client.status(null)).isEqualTo(200);
            appliance.ctl("-t", "acme", "key", "revoke", "uri", "--yes").value();
            assertThat(client.status(null)).isEqualTo(401);
        }
    }

    @Test
    void aCertificateIsOneKeysAlone() throws Exception {
        key("globex", "theirs", "--certificate-san", "dns:theirs.test", "--certificate-only");
        TestAppliance.Ctl again = appliance.ctl(
                "-t", "acme", "key", "create", "ours", "--certificate-san", "dns:theirs.test", "--certificate-only");
        assertThat(again.code()).isEqualTo(5);
        assertThat(again.err())
                .contains("another tenant")
                .doesNotContain("globex")
                .doesNotContain("`theirs`");
        // two of its names mean two keys: it opens neither
        key("acme", "one", "--certificate-san", "dns:one.test", "--certificate-only");
        try (Client both = with(authority.issue("CN=x", "dns:one.test", "dns:theirs.test"))) {
            assertThat(both.status(null)).isEqualTo(401);
        }
    }

    @Test
    void whoIsUnknownIsRefused() throws Exception {
        try (Client unknown = with(nobody);
                Client none = with(null)) {
            HttpResponse<String> answer = unknown.chat(Version.HTTP_2, null);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).contains("invalid_api_key", "client certificate");
            assertThat(unknown.status(secret)).isEqualTo(200);
            assertThat(none.status(null)).isEqualTo(401);
        }
    }

    @Test
    void aCertificateInAHeaderFieldIsNone() throws Exception {
        Issued own = authority.issue("CN=forwarded", "dns:forwarded.acme.test");
        key("acme", "forwarded", "--certificate-san", "dns:forwarded.acme.test", "--certificate-only");
        try (Client none = with(null)) {
            assertThat(none.chat(
                                    Version.HTTP_1_1,
                                    null,
                                    "X-Forwarded-Client-Cert",
                                    "Hash=" + own.fingerprint() + ";Subject=\"CN=forwarded\"",
                                    "X-SSL-Client-Cert",
                                    own.pem().replace("\n", ""))
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void aCertificateOfAnotherAuthorityOrOfThePastGetsNoConnection() throws Exception {
        Issued foreign = stranger.issue("CN=nobody");
        Issued past = authority.issue(
                TestAuthority.ec(), Instant.now().minus(Duration.ofDays(30)), Duration.ofDays(1), "CN=nobody");
        for (Issued refused : new Issued[] {foreign, past}) {
            try (Client client = with(refused)) {
                assertThatThrownBy(() -> client.status(null)).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> client.status(secret)).isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void whereOneIsRequiredNobodyComesInWithout() throws Exception {
        try (TestAppliance strict = appliance("required").start();
                Client none = with(null);
                Client some = with(nobody)) {
            HttpRequest models = HttpRequest.newBuilder(strict.gateway().resolve("/v1/models"))
                    .build();
            assertThatThrownBy(() -> none.http().send(models, BodyHandlers.discarding()))
                    .isInstanceOf(IOException.class);
            assertThat(some.http().send(models, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void aSessionThatIsResumedKeepsItsCertificate() throws Exception {
        Issued own = authority.issue("CN=resumed", "dns:resumed.acme.test");
        key("acme", "resumed", "--certificate-san", "dns:resumed.acme.test", "--certificate-only");
        SSLContext shared = authority.client(own);
        for (int i = 0; i < 3; i++) {
            try (Client client =
                    new Client(HttpClient.newBuilder().sslContext(shared).build())) {
                assertThat(client.status(null)).isEqualTo(200);
            }
        }
    }

    @Test
    void aProcessOfOneTenantKnowsNoOthers(@TempDir Path data) throws Exception {
        Issued ours = authority.issue("CN=x", "dns:ours.test");
        Issued theirs = authority.issue("CN=x", "dns:their.test");
        try (TestAppliance all = TestAppliance.builder().directory(data).start()) {
            for (String tenant : new String[] {"our", "their"}) {
                all.ctl("tenant", "create", tenant).value();
            }
            all.ctl("-t", "our", "key", "create", "k", "--certificate-san", "dns:ours.test", "--certificate-only")
                    .value();
            all.ctl("-t", "their", "key", "create", "k", "--certificate-san", "dns:their.test", "--certificate-only")
                    .value();
        }
        try (TestAppliance one = appliance("required")
                        .directory(data)
                        .set("tenant", "our")
                        .start();
                Client own = with(ours);
                Client foreign = with(theirs)) {
            HttpRequest models =
                    HttpRequest.newBuilder(one.gateway().resolve("/v1/models")).build();
            assertThat(own.http().send(models, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(200);
            assertThat(foreign.http().send(models, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void badNamesAreRefusedWithWhatWouldBeRight() {
        assertThat(refusal("--certificate-fingerprint", "abc")).contains("64 hexadecimal digits", "openssl x509");
        assertThat(refusal("--certificate-subject", "no subject")).contains("CN=app,O=Acme");
        assertThat(refusal("--certificate-san", "app.test")).contains("dns:", "uri:", "email:");
        assertThat(refusal("--certificate-san", "dns:*.acme.test")).contains("no wildcards");
        assertThat(refusal("--certificate-only")).contains("needs a certificate");
    }

    private static String refusal(String... options) {
        String[] args = new String[options.length + 5];
        System.arraycopy(new String[] {"-t", "acme", "key", "create", "bad"}, 0, args, 0, 5);
        System.arraycopy(options, 0, args, 5, options.length);
        TestAppliance.Ctl ctl = appliance.ctl(args);
        assertThat(ctl.code()).isEqualTo(1);
        return ctl.err();
    }

    @Test
    void tellsOfTheAuthoritiesOfClients() {
        String shown = appliance.ctl("tls", "show").value();
        assertThat(shown).contains("gateway", "CN=clients", "optional", "EC 256", "dns:localhost", "ip:127.0.0.1");
        assertThat(appliance.ctl("tls", "show", "-o", "json").value())
                .startsWith("[")
                .contains("\"daysLeft\":");
    }
}

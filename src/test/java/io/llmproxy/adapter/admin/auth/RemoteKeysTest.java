package io.llmproxy.adapter.admin.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.llmproxy.testing.TestAuthority;
import io.llmproxy.testing.TestIssuer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.keys.resolvers.HttpsJwksVerificationKeyResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An issuer that publishes its keys over HTTPS, changes them, and goes away. */
@Timeout(60)
class RemoteKeysTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private volatile String published = "";
    private volatile int status = 200;
    private TestIssuer issuer;
    private HttpsServer server;
    private RemoteKeys keys;
    private JwtVerifier verifier;

    @BeforeEach
    void publish() throws Exception {
        TestAuthority authority = TestAuthority.create("id");
        issuer = new TestIssuer();
        published = issuer.jwks();
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(authority.client(authority.issue("CN=id", "ip:127.0.0.1"))));
        server.createContext("/", exchange -> {
            asked.incrementAndGet();
            byte[] body = published.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Cache-Control", "max-age=31536000");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        URI url = URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/jwks");
        keys = new RemoteKeys(url, authority.client(null)::getSocketFactory, nanos::get);
        verifier = new JwtVerifier(
                new AuthSettings.Jwt(
                        TestIssuer.NAME,
                        TestIssuer.AUDIENCE,
                        null,
                        url,
                        List.of("RS256", "ES256"),
                        new AuthSettings.Claims("llmproxy_role", "llmproxy_tenant", "llmproxy_user"),
                        Duration.ofSeconds(30),
                        Duration.ofHours(1)),
                new HttpsJwksVerificationKeyResolver(keys.cache()));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void good(String token) throws JwtRefused {
        assertThat(verifier.verify(token, NOW).name()).isEqualTo("jwt:ops");
    }

    private void refused(String token) {
        assertThatThrownBy(() -> verifier.verify(token, NOW)).isInstanceOf(JwtRefused.class);
    }

    private String signed(String algorithm, String kid) throws Exception {
        return issuer.sign(TestIssuer.claims(NOW, "ops", "admin"), algorithm, kid);
    }

    private void later() {
        nanos.addAndGet(Duration.ofSeconds(16).toNanos());
    }

    @Test
    void keysAreFetchedOnceAndAgainForOneThatIsNew() throws Exception {
        String first = signed(AlgorithmIdentifiers.RSA_USING_SHA256, "r1");
        good(first);
        good(first);
        assertThat(asked).hasValue(1);
        issuer.ec("e2");
        String second = signed(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256, "e2");
        published = issuer.jwks();
        refused(second); // a moment after the first time
        later();
        good(second);
        good(first);
        assertThat(asked).hasValue(2);
    }

    @Test
    void strangersDoNotMakeItAskOftenForKeysThatNobodyHas() throws Exception {
        good(signed(AlgorithmIdentifiers.RSA_USING_SHA256, "r1"));
        TestIssuer stranger = new TestIssuer().ec("nobodys");
        String token = stranger.sign(
                TestIssuer.claims(NOW, "ops", "admin"),
                AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
                "nobodys");
        for (int i = 0; i < 20; i++) {
            refused(token);
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void anIssuerThatFailsLeavesItsLastKeysInForce() throws Exception {
        String token = signed(AlgorithmIdentifiers.RSA_USING_SHA256, "r1");
        good(token);
        assertThat(keys.fault()).isNull();
        for (String rubbish : List.of("", "{\"keys\":[]}", issuer.privateJwks())) {
            published = rubbish;
            later();
            keys.cache().refresh();
            assertThat(keys.fault()).as(rubbish).contains("admin.auth.jwt.keys-url https://127.0.0.1");
            good(token);
        }
        published = issuer.jwks();
        status = 500;
        later();
        keys.cache().refresh();
        assertThat(keys.fault()).isNotNull();
        good(token);
        status = 200;
        later();
        keys.cache().refresh();
        assertThat(keys.fault()).isNull();
    }

    @Test
    void withoutAnyKeysNobodyIsKnown() throws Exception {
        status = 404;
        refused(signed(AlgorithmIdentifiers.RSA_USING_SHA256, "r1"));
        assertThat(keys.fault()).isNotNull();
    }
}

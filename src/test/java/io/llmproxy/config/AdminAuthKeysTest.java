package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.ApplianceConfig.AdminAuthConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminAuthKeysTest {
    @TempDir
    Path directory;

    private AdminAuthConfig load(String auth) throws Exception {
        Path file = Files.writeString(directory.resolve("c.yaml"), "admin:\n" + auth.indent(2));
        return ConfigLoader.load(ConfigLoader.Sources.files(List.of(file)))
                .config()
                .admin()
                .auth();
    }

    private void refused(String auth, String... messages) {
        assertThatThrownBy(() -> load(auth))
                .as(auth)
                .isInstanceOf(ConfigException.class)
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).contains(messages));
    }

    @Test
    void withoutAnyKeyNobodyIsKnown() throws Exception {
        assertThat(load("listen: 0.0.0.0:8081")).isEqualTo(new AdminAuthConfig(null, null));
    }

    @Test
    void aJwtNeedsItsIssuerItsAudienceAndOnePlaceOfKeys() throws Exception {
        AdminAuthConfig auth = load("auth: { jwt: { issuer: a, audience: b, keys-url: 'https://id/jwks' } }");
        AdminAuthConfig.Jwt jwt = Objects.requireNonNull(auth.jwt());
        assertThat(jwt.algorithms()).containsExactly("RS256", "PS256", "ES256", "EdDSA");
        assertThat(jwt.roleClaim()).isEqualTo("llmproxy_role");
        refused("auth: { jwt: { issuer: a } }", "c.yaml:2: admin.auth.jwt.issuer", "without admin.auth.jwt.audience");
        refused("auth: { jwt: { audience: a } }", "c.yaml:2: admin.auth.jwt.audience", "without admin.auth.jwt.issuer");
        refused("auth: { jwt: { issuer: a, audience: b } }", "without admin.auth.jwt.keys-file or");
        refused("auth: { jwt: { keys-file: k } }", "admin.auth.jwt.keys-file: is of no use without");
        refused(
                "auth: { jwt: { issuer: a, audience: b, keys-file: k, keys-url: 'https://id/jwks' } }",
                "name one of the two");
        refused("auth: { jwt: { issuer: a, audience: b, keys-url: 'http://id/jwks' } }", "must be of https");
    }

    @Test
    void algorithmsThatShareASecretCannotBeNamed() {
        for (String algorithm : List.of("HS256", "none", "RS512", "rs256")) {
            refused(
                    "auth: { jwt: { issuer: a, audience: b, keys-file: k, algorithms: [" + algorithm + "] } }",
                    "c.yaml:2: admin.auth.jwt.algorithms: must be one of RS256, PS256, ES256, EdDSA");
        }
        refused("auth: { jwt: { issuer: a, audience: b, keys-file: k, algorithms: [] } }", "no JWT is accepted");
    }

    @Test
    void tokensDoNotCrossANetworkInClearText() throws Exception {
        for (String host : List.of("0.0.0.0", "10.0.0.5", "'[::]", "gateway.example.com")) {
            String listen = host.startsWith("'") ? host + ":8081'" : host + ":8081";
            refused(
                    "listen: " + listen + "\nauth: { tokens-file: t }",
                    "c.yaml:3: admin.auth.tokens-file: tokens would");
            refused(
                    "listen: " + listen + "\nauth: { jwt: { issuer: a, audience: b, keys-file: k } }",
                    "c.yaml:3: admin.auth.jwt.issuer: tokens would");
            assertThat(load("listen: " + listen + "\ntls: { certificate: c, key: k }\nauth: { tokens-file: t }")
                            .tokens())
                    .isEqualTo(Path.of("t"));
        }
        for (String host : List.of("127.0.0.1", "127.8.8.8", "'[::1]", "localhost")) {
            String listen = host.startsWith("'") ? host + ":8081'" : host + ":8081";
            assertThat(load("listen: " + listen + "\nauth: { tokens-file: t }").tokens())
                    .as(host)
                    .isNotNull();
        }
    }
}

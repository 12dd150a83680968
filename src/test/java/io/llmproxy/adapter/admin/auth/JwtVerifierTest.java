package io.llmproxy.adapter.admin.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.Grant;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.testing.TestIssuer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JwtVerifierTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static TestIssuer issuer;
    private static JwtVerifier verifier;

    @BeforeAll
    static void keys() throws Exception {
        issuer = new TestIssuer().ec("e1").ed("d1").rsa("r2", 2048);
        verifier = verifier(List.of("RS256", "PS256", "ES256", "EdDSA"));
    }

    private static JwtVerifier verifier(List<String> algorithms) throws AuthFault {
        AuthSettings.Jwt settings = new AuthSettings.Jwt(
                TestIssuer.NAME,
                TestIssuer.AUDIENCE,
                null,
                null,
                algorithms,
                new AuthSettings.Claims("llmproxy_role", "llmproxy_tenant", "llmproxy_user"),
                Duration.ofSeconds(30),
                Duration.ofHours(1));
        return new JwtVerifier(settings, new JwksVerificationKeyResolver(JwtKeys.parse("keys", issuer.jwks())));
    }

    private static JwtClaims admin() {
        return TestIssuer.claims(NOW, "ops", "admin");
    }

    private static JwtClaims with(String claim, Object value) {
        JwtClaims claims = admin();
        claims.setClaim(claim, value);
        return claims;
    }

    private static JwtClaims without(String claim) {
        JwtClaims claims = admin();
        claims.unsetClaim(claim);
        return claims;
    }

    private static void refused(String token, String why) {
        assertThatThrownBy(() -> verifier.verify(token, NOW))
                .isInstanceOf(JwtRefused.class)
                .hasMessageContaining(why)
                .message()
                .doesNotContain("ops", TestIssuer.NAME, "eyJ");
    }

    @Test
    void takesAllFourAlgorithms() throws Exception {
        Map<String, String> kids = Map.of(
                AlgorithmIdentifiers.RSA_USING_SHA256, "r1",
                AlgorithmIdentifiers.RSA_PSS_USING_SHA256, "r2",
                AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256, "e1",
                AlgorithmIdentifiers.EDDSA, "d1");
        for (Map.Entry<String, String> kid : kids.entrySet()) {
            Grant grant = verifier.verify(issuer.sign(admin(), kid.getKey(), kid.getValue()), NOW);
            assertThat(grant).as(kid.getKey()).isEqualTo(new Grant("jwt:ops", Role.ADMIN, null, null));
        }
    }

    @Test
    void theClaimsSayWhatIsGranted() throws Exception {
        JwtClaims user = TestIssuer.claims(NOW, "anna", "user");
        user.setStringClaim("llmproxy_tenant", "acme");
        user.setStringClaim("llmproxy_user", "Anna@example.com");
        assertThat(verifier.verify(issuer.sign(user), NOW))
                .isEqualTo(new Grant("jwt:anna", Role.USER, "acme", "anna@example.com"));
        user.setStringListClaim("llmproxy_role", List.of("viewer-of-another", "tenant-admin"));
        assertThat(verifier.verify(issuer.sign(user), NOW))
                .isEqualTo(new Grant("jwt:anna", Role.TENANT_ADMIN, "acme", null));
    }

    @Test
    void claimsThatDoNotFitGrantNothing() throws Exception {
        refused(issuer.sign(without("llmproxy_role")), "names no role");
        refused(issuer.sign(with("llmproxy_role", "Admin")), "names no role");
        refused(issuer.sign(with("llmproxy_role", 1)), "names no role");
        refused(issuer.sign(with("llmproxy_role", List.of("admin", "user"))), "several roles");
        // confined, without what to; an admin with it
        refused(issuer.sign(with("llmproxy_role", "tenant-admin")), "grant nothing");
        refused(issuer.sign(with("llmproxy_tenant", "acme")), "grant nothing");
        refused(issuer.sign(with("llmproxy_tenant", List.of("acme"))), "wrong type");
        JwtClaims user = TestIssuer.claims(NOW, "anna", "user");
        user.setStringClaim("llmproxy_tenant", "acme");
        refused(issuer.sign(user), "grant nothing");
        refused(issuer.sign(with("sub", "a".repeat(201))), "longer than 200");
        refused(issuer.sign(with("sub", " ")), "empty");
        refused(issuer.sign(with("sub", "two\nlines")), "grant nothing");
        refused(issuer.sign(without("sub")), "no subject");
    }

    @Test
    void timesCountWithALittleLeeway() throws Exception {
        String good = issuer.sign(admin());
        assertThat(verifier.verify(good, NOW.plusSeconds(5 * 60 + 29)).name()).isEqualTo("jwt:ops");
        assertThatThrownBy(() -> verifier.verify(good, NOW.plusSeconds(5 * 60 + 31)))
                .hasMessage("it has expired");
        assertThatThrownBy(() -> verifier.verify(good, NOW.minusSeconds(31))).hasMessageContaining("in the future");
        refused(issuer.sign(with("nbf", NOW.getEpochSecond() + 31)), "not valid yet");
        assertThat(verifier.verify(issuer.sign(with("nbf", NOW.getEpochSecond() + 29)), NOW))
                .isNotNull();
        refused(issuer.sign(without("exp")), "no exp");
        refused(issuer.sign(without("iat")), "no iat");
        refused(issuer.sign(with("exp", NOW.getEpochSecond() + 3601)), "max-lifetime");
        refused(issuer.sign(with("exp", Long.MAX_VALUE)), "");
        refused(issuer.sign(with("exp", "tomorrow")), "");
        refused(issuer.sign(with("iat", "now")), "");
    }

    @Test
    void issuerAndAudienceAreThoseOfTheConfiguration() throws Exception {
        refused(issuer.sign(with("iss", TestIssuer.NAME + "x")), "issuer is another");
        refused(issuer.sign(without("iss")), "issuer is another");
        refused(issuer.sign(with("aud", "another")), "audience is another");
        refused(issuer.sign(without("aud")), "audience is another");
        assertThat(verifier.verify(issuer.sign(with("aud", List.of("another", TestIssuer.AUDIENCE))), NOW))
                .isNotNull();
    }

    @Test
    void signaturesOfOthersAreWorthNothing() throws Exception {
        refused(new TestIssuer().sign(admin()), "signature is wrong");
        refused(issuer.signAs(admin(), AlgorithmIdentifiers.RSA_USING_SHA256, "r1", "r2"), "signature is wrong");
        refused(issuer.signAs(admin(), AlgorithmIdentifiers.RSA_USING_SHA256, "r1", "unknown"), "");
        String good = issuer.sign(admin());
        String other = issuer.sign(with("llmproxy_role", "user"));
        // the head and signature of one around the claims of another
        String[] parts = good.split("\\.");
        refused(parts[0] + "." + other.split("\\.")[1] + "." + parts[2], "signature is wrong");
        refused(parts[0] + "." + parts[1] + "." + "A".repeat(parts[2].length()), "");
        refused(parts[0] + "." + parts[1] + ".", "");
    }

    @Test
    void algorithmsThatAreNotWantedAreRefused() throws Exception {
        refused(TestIssuer.unsigned(admin(), ""), "");
        refused(TestIssuer.unsigned(admin(), "AAAA"), "");
        refused(issuer.hmacByPublicKey(admin()), "");
        refused(issuer.sign(admin(), AlgorithmIdentifiers.RSA_USING_SHA512, "r1"), "");
        JwtVerifier ecAlone = verifier(List.of("ES256"));
        String rsa = issuer.sign(admin());
        assertThatThrownBy(() -> ecAlone.verify(rsa, NOW)).isInstanceOf(JwtRefused.class);
    }

    @Test
    void whatIsNoTokenIsRefusedAndNothingElse() {
        for (String text : List.of("", ".", "..", "a.b.c", "a.b.c.d.e", "eyJ.eyJ.", "ä.ö.ü", "e30.e30.e30", " . . ")) {
            refused(text, "");
        }
        refused("A".repeat(8000) + ".e30.AAAA", "");
        assertThat(JwtVerifier.wellFormed("a.b.c")).isTrue();
        assertThat(List.of("", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c.d.e"))
                .noneMatch(JwtVerifier::wellFormed);
    }

    @Test
    void keySetsWithWhatShouldNotBeThereAreRefused() throws Exception {
        assertThatThrownBy(() -> JwtKeys.parse("keys", issuer.privateJwks()))
                .isInstanceOf(AuthFault.class)
                .hasMessageContaining("private key");
        assertThatThrownBy(() -> JwtKeys.parse("keys", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}"))
                .hasMessageContaining("symmetric")
                .message()
                .doesNotContain("c2VjcmV0");
        assertThatThrownBy(() -> JwtKeys.parse(
                        "keys", new TestIssuer().rsa("small", 1024).jwks()))
                .hasMessageContaining("less than 2048 bits");
        for (String wrong : List.of("", "{}", "[]", "{\"keys\":[]}", "{\"keys\":1}", "null", "{\"keys\":[{}]}")) {
            assertThatThrownBy(() -> JwtKeys.parse("keys", wrong)).as(wrong).isInstanceOf(AuthFault.class);
        }
    }
}

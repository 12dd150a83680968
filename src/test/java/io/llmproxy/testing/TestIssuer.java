package io.llmproxy.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;

/** Somebody who signs JSON Web Tokens, rightly and wrongly. */
public final class TestIssuer {
    public static final String NAME = "https://id.example.com/";
    public static final String AUDIENCE = "llmproxy";

    private final List<PublicJsonWebKey> keys = new ArrayList<>();

    /** With an RSA key, {@code r1}. */
    public TestIssuer() {
        try {
            add(RsaJwkGenerator.generateJwk(2048), "r1");
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    public TestIssuer ec(String kid) throws JoseException {
        return add(EcJwkGenerator.generateJwk(EllipticCurves.P256), kid);
    }

    public TestIssuer ed(String kid) throws JoseException {
        return add(OkpJwkGenerator.generateJwk("Ed25519"), kid);
    }

    public TestIssuer rsa(String kid, int bits) throws JoseException {
        return add(RsaJwkGenerator.generateJwk(bits), kid);
    }

    private TestIssuer add(PublicJsonWebKey key, String kid) {
        key.setKeyId(kid);
        keys.add(key);
        return this;
    }

    /** The set of its keys, as it is published. */
    public String jwks() {
        return set(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
    }

    /** The same with what nobody should publish. */
    public String privateJwks() {
        return set(JsonWebKey.OutputControlLevel.INCLUDE_PRIVATE);
    }

    private String set(JsonWebKey.OutputControlLevel level) {
        return "{\"keys\":["
                + String.join(",", keys.stream().map(k -> k.toJson(level)).toList()) + "]}";
    }

    private PublicJsonWebKey key(String kid) {
        return keys.stream().filter(k -> k.getKeyId().equals(kid)).findFirst().orElseThrow();
    }

    /** What a good token says: issued at the time, for five minutes. */
    public static JwtClaims claims(Instant now, String subject, String role) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(NAME);
        claims.setAudience(AUDIENCE);
        claims.setSubject(subject);
        claims.setIssuedAt(date(now));
        claims.setExpirationTime(date(now.plus(Duration.ofMinutes(5))));
        claims.setStringClaim("llmproxy_role", role);
        return claims;
    }

    public static NumericDate date(Instant at) {
        return NumericDate.fromMilliseconds(at.toEpochMilli());
    }

    public String sign(JwtClaims claims) throws JoseException {
        return sign(claims, AlgorithmIdentifiers.RSA_USING_SHA256, "r1");
    }

    public String sign(JwtClaims claims, String algorithm, String kid) throws JoseException {
        return sign(claims, algorithm, kid, key(kid));
    }

    /** By a key that it says is another. */
    public String signAs(JwtClaims claims, String algorithm, String kid, String claimedKid) throws JoseException {
        return sign(claims, algorithm, claimedKid, key(kid));
    }

    private static String sign(JwtClaims claims, String algorithm, String kid, PublicJsonWebKey key)
            throws JoseException {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setAlgorithmHeaderValue(algorithm);
        signature.setKeyIdHeaderValue(kid);
        signature.setKey(key.getPrivateKey());
        signature.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        signature.setDoKeyValidation(false);
        return signature.getCompactSerialization();
    }

    /** Signed by HMAC, with the public key as the secret: the classic of confused verifiers. */
    public String hmacByPublicKey(JwtClaims claims) throws JoseException {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.HMAC_SHA256);
        signature.setKeyIdHeaderValue("r1");
        signature.setKey(new HmacKey(key("r1").getPublicKey().getEncoded()));
        return signature.getCompactSerialization();
    }

    /** With the algorithm {@code none}, and whatever is put in place of the signature. */
    public static String unsigned(JwtClaims claims, String signature) throws JoseException {
        JsonWebSignature none = new JsonWebSignature();
        none.setPayload(claims.toJson());
        none.setAlgorithmHeaderValue(AlgorithmIdentifiers.NONE);
        none.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        return none.getCompactSerialization() + signature;
    }
}

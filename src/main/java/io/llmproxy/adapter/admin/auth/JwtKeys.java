package io.llmproxy.adapter.admin.auth;

import java.security.interfaces.RSAPublicKey;
import java.util.List;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;

/** A JSON Web Key Set (RFC 7517) that holds public keys alone. */
final class JwtKeys {
    private static final int LEAST_RSA_BITS = 2048;

    private JwtKeys() {}

    /**
     * @param named what is read, for the message
     * @throws AuthFault where it is none, has no key, or has one that should not be there
     */
    static List<JsonWebKey> parse(String named, String json) throws AuthFault {
        List<JsonWebKey> keys;
        try {
            keys = new JsonWebKeySet(json).getJsonWebKeys();
        } catch (JoseException | RuntimeException e) {
            // without the library's message, which quotes what may be a private key
            throw new AuthFault(named + ": is no JSON Web Key Set, as {\"keys\":[…]}");
        }
        if (keys.isEmpty()) {
            throw new AuthFault(named + ": has no key of a kind that is known: RSA, EC P-256 or Ed25519");
        }
        for (JsonWebKey key : keys) {
            check(named, key);
        }
        return List.copyOf(keys);
    }

    private static void check(String named, JsonWebKey key) throws AuthFault {
        if (!(key instanceof PublicJsonWebKey pair)) {
            throw new AuthFault(named + ": has a symmetric key, by which whoever checks a token can make one;"
                    + " only public keys belong there");
        }
        if (pair.getPrivateKey() != null) {
            throw new AuthFault(named + ": has a private key, which is the issuer's alone; only public keys belong"
                    + " there, and this one is to be replaced");
        }
        if (pair.getPublicKey() instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() < LEAST_RSA_BITS) {
            throw new AuthFault(named + ": has an RSA key of less than " + LEAST_RSA_BITS + " bits");
        }
    }
}

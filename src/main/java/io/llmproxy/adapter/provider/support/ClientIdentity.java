package io.llmproxy.adapter.provider.support;

import io.llmproxy.adapter.provider.support.PemFile.PemException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What we show to an upstream that asks who we are.
 *
 * @param chain our certificate first
 */
record ClientIdentity(List<X509Certificate> chain, PrivateKey key) {
    private static final byte[] PROBE = {1, 2, 3, 4};

    static ClientIdentity of(List<X509Certificate> chain, PemFile keyFile) throws PemException {
        PublicKey shown = chain.getFirst().getPublicKey();
        PrivateKey key = keyFile.privateKey(shown.getAlgorithm());
        if (!belongs(shown, key)) {
            throw new PemException("holds another key than the client certificate's");
        }
        return new ClientIdentity(chain, key);
    }

    private static boolean belongs(PublicKey shown, PrivateKey key) {
        String algorithm = switch (shown.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> shown.getAlgorithm();
        };
        try {
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(PROBE);
            byte[] signature = signer.sign();
            signer.initVerify(shown);
            signer.update(PROBE);
            return signer.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "ClientIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
    }
}

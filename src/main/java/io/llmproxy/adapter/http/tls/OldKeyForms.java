package io.llmproxy.adapter.http.tls;

import org.jspecify.annotations.Nullable;

/** Puts a private key of an older form into PKCS#8 (RFC 5958), the one form that the JDK takes. */
final class OldKeyForms {
    private static final byte[] ZERO = {0};
    private static final byte[] NOTHING = {};
    /** rsaEncryption, 1.2.840.113549.1.1.1. */
    private static final byte[] RSA = {0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 0x01, 0x01, 0x01};
    /** id-ecPublicKey, 1.2.840.10045.2.1. */
    private static final byte[] EC = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x02, 0x01};

    private OldKeyForms() {}

    /** Of PKCS#1 (RFC 8017, appendix A.1.2). */
    static byte[] rsa(byte[] pkcs1) {
        return pkcs8(Der.value(Der.SEQUENCE, Der.value(Der.OID, RSA), Der.value(Der.NULL, NOTHING)), pkcs1);
    }

    /**
     * Of SEC 1 (RFC 5915).
     *
     * @param parameters the object identifier of the curve, of a block of its own; null: the key names it itself
     * @throws IllegalArgumentException where it is no such key, or has no named curve
     */
    static byte[] ec(byte[] sec1, byte @Nullable [] parameters) {
        Der key = new Der(new Der(sec1).expect(Der.SEQUENCE));
        key.expect(Der.INTEGER);
        key.expect(Der.OCTETS);
        byte[] own = key.next(Der.FIRST);
        byte[] curve = own != null ? own : parameters;
        if (curve == null) {
            throw new IllegalArgumentException("a key without its curve");
        }
        byte[] name = Der.value(Der.OID, new Der(curve).expect(Der.OID));
        return pkcs8(Der.value(Der.SEQUENCE, Der.value(Der.OID, EC), name), sec1);
    }

    private static byte[] pkcs8(byte[] algorithm, byte[] key) {
        return Der.value(Der.SEQUENCE, Der.value(Der.INTEGER, ZERO), algorithm, Der.value(Der.OCTETS, key));
    }
}

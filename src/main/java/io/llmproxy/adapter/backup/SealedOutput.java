package io.llmproxy.adapter.backup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A head of two lines, and behind it chunks of 64 KiB, each sealed with AES-256-GCM (NIST SP 800-38D) under the file's own key. The nonce is
 * the chunk's number and whether it is the last, so chunks can neither be left out nor changed about, and a cut file has no end; the head's
 * hash is each chunk's associated data.
 */
final class SealedOutput extends OutputStream {
    static final String MAGIC = "LLMPROXY-SEALED-BACKUP 1\n";
    static final int CHUNK = 64 << 10;
    static final int TAG_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private final OutputStream out;
    private final SecretKeySpec key;
    private final byte[] context;
    private final byte[] chunk = new byte[CHUNK];
    private int filled;
    private long number;

    /** @param known what anybody may read of the file */
    SealedOutput(OutputStream out, Seal.Keyed keyed, Map<String, Object> known) throws IOException {
        this.out = out;
        this.key = keyed.key();
        Map<String, Object> all = new LinkedHashMap<>(known);
        all.putAll(keyed.head());
        byte[] head = (MAGIC + ManifestText.json(all) + "\n").getBytes(StandardCharsets.UTF_8);
        this.context = TableTally.sha256().digest(head);
        out.write(head);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int from = offset;
        int left = length;
        while (left > 0) {
            if (filled == CHUNK) {
                seal(false);
            }
            int some = Math.min(left, CHUNK - filled);
            System.arraycopy(bytes, from, chunk, filled, some);
            filled += some;
            from += some;
            left -= some;
        }
    }

    private void seal(boolean last) throws IOException {
        try {
            out.write(cipher(Cipher.ENCRYPT_MODE, key, number, last, context).doFinal(chunk, 0, filled));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing a backup failed", e);
        }
        number++;
        filled = 0;
    }

    static Cipher cipher(int mode, SecretKeySpec key, long number, boolean last, byte[] context)
            throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(NONCE_BYTES)
                .putLong(number)
                .put((byte) (last ? 1 : 0))
                .array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * 8, nonce));
        cipher.updateAAD(context);
        return cipher;
    }

    /** Seals the last chunk; the stream behind stays open. */
    void finish() throws IOException {
        seal(true);
    }
}

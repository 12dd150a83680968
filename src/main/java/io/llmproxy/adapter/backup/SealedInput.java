package io.llmproxy.adapter.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what {@link SealedOutput} wrote; gives out no byte that is not proved. */
final class SealedInput extends InputStream {
    private static final int LONGEST_HEAD = 8192;
    private final InputStream in;
    private final SecretKeySpec key;
    private final byte[] context;
    private byte[] sealed;
    private byte[] plain = {};
    private int position;
    private long number;
    private boolean ended;

    private SealedInput(InputStream in, SecretKeySpec key, byte[] context) throws IOException {
        this.in = in;
        this.key = key;
        this.context = context;
        this.sealed = in.readNBytes(SealedOutput.CHUNK + SealedOutput.TAG_BYTES);
    }

    /** @throws BackupException where the seal is another */
    static SealedInput open(InputStream in, @Nullable Seal seal) throws IOException {
        byte[] head = head(in);
        SecretKeySpec key = Seal.of(seal, known(head));
        return new SealedInput(in, key, TableTally.sha256().digest(head));
    }

    /** Reads the head, with both line ends. */
    static byte[] head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int lines = 0;
        while (lines < 2) {
            int b = in.read();
            if (b < 0 || head.size() > LONGEST_HEAD) {
                throw new BackupException("the head of the sealed backup is damaged");
            }
            head.write(b);
            lines += b == '\n' ? 1 : 0;
        }
        return head.toByteArray();
    }

    /** What a head says. */
    static Map<String, String> known(byte[] head) {
        String text = new String(head, StandardCharsets.UTF_8);
        Map<String, String> known = new LinkedHashMap<>();
        try {
            JsonNode tree = JsonMapper.shared().readTree(text.substring(SealedOutput.MAGIC.length()));
            tree.properties().forEach(p -> known.put(p.getKey(), p.getValue().asString("")));
        } catch (JacksonException e) {
            throw new BackupException("the head of the sealed backup is damaged", e);
        }
        return known;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (position == plain.length) {
            if (ended) {
                return -1;
            }
            open();
        }
        int some = Math.min(length, plain.length - position);
        System.arraycopy(plain, position, bytes, offset, some);
        position += some;
        return some;
    }

    private void open() throws IOException {
        byte[] next = in.readNBytes(SealedOutput.CHUNK + SealedOutput.TAG_BYTES);
        boolean last = next.length == 0;
        try {
            plain = SealedOutput.cipher(Cipher.DECRYPT_MODE, key, number, last, context)
                    .doFinal(sealed);
        } catch (GeneralSecurityException e) {
            throw new BackupException(
                    number == 0
                            ? "the backup does not open: the passphrase or the key is another one, or the file was changed"
                            : "the backup was cut or changed: chunk " + number + " of it is not as it was sealed");
        }
        ended = last;
        sealed = Arrays.copyOf(next, next.length);
        position = 0;
        number++;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}

package io.llmproxy.gateway.audit;

import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.gateway.ContentCoding;
import io.llmproxy.gateway.privacy.Redactor;
import io.llmproxy.gateway.scan.DeliveredText;
import io.llmproxy.gateway.scan.EscapedText;
import io.llmproxy.gateway.scan.UsageTap;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes of bytes that went through what is kept of them. */
final class Bodies {
    private Bodies() {}

    /**
     * Where it is to be redacted and cannot be, since it is no text, nothing of it is kept.
     *
     * @param redactor null: it is kept as it was
     */
    static Transcript.Part kept(String type, String coding, byte[] bytes, boolean cut, @Nullable Redactor redactor) {
        String name = coding.strip().toLowerCase(Locale.ROOT);
        if (bytes.length == 0) {
            return cut ? Transcript.Part.left(type) : new Transcript.Part(type, false, bytes);
        }
        boolean plain = name.isEmpty() || name.equals("identity");
        if (!plain && !ContentCoding.known(name)) {
            return Transcript.Part.left(type);
        }
        Decoded decoded = plain ? new Decoded(bytes, cut) : decoded(name, bytes, cut);
        if (redactor == null) {
            return new Transcript.Part(type, decoded.cut, decoded.bytes);
        }
        return redacted(type.toLowerCase(Locale.ROOT), type, decoded, redactor);
    }

    private static Transcript.Part redacted(String lower, String type, Decoded decoded, Redactor redactor) {
        if (lower.startsWith("text/event-stream") || lower.startsWith(UsageTap.LINES)) {
            // what is private may lie in several events: the text that they bring is put together first
            return new Transcript.Part("text/plain; from=" + type, true, delivered(type, decoded.bytes, redactor));
        }
        // the gateway reads JSON whatever its type is said to be, and so may whoever reads what is kept
        boolean named = lower.contains("json");
        boolean json = named || looksLikeJson(decoded.bytes);
        if (!json && !lower.startsWith("text/") && !lower.startsWith("application/x-www-form-urlencoded")) {
            return Transcript.Part.left(type);
        }
        String text = new String(decoded.bytes, StandardCharsets.UTF_8);
        String clean = json ? JsonRedaction.redact(text, redactor::redact) : text;
        if (!named) {
            // what is no JSON after all hides nothing behind the quotation marks that it may have
            clean = redactor.redact(clean);
        }
        return new Transcript.Part(type, decoded.cut, clean.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean looksLikeJson(byte[] bytes) {
        int i = 0;
        while (i < bytes.length && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n')) {
            i++;
        }
        return i < bytes.length && (bytes[i] == '{' || bytes[i] == '[');
    }

    private static byte[] delivered(String type, byte[] bytes, Redactor redactor) {
        UsageTap tap = UsageTap.of(type, "");
        tap.feed(bytes, 0, bytes.length);
        DeliveredText text = tap.text();
        String spelled = new String(text.bytes(), 0, text.size(), StandardCharsets.UTF_8);
        return redactor.redact(EscapedText.plain(spelled)).getBytes(StandardCharsets.UTF_8);
    }

    /** Not a record, which would compare the array by its identity. */
    private static final class Decoded {
        private final byte[] bytes;
        private final boolean cut;

        private Decoded(byte[] bytes, boolean cut) {
            this.bytes = bytes;
            this.cut = cut;
        }
    }

    /** As much as can be decoded of what was kept, and no more than is kept of any body. */
    private static Decoded decoded(String coding, byte[] bytes, boolean cut) {
        byte[] out = new byte[Transcript.MAX_BODY];
        int size = 0;
        try (InputStream in = ContentCoding.decoded(coding, new ByteArrayInputStream(bytes))) {
            int n = in.read(out, 0, out.length);
            while (n > 0) {
                size += n;
                n = size == out.length ? -2 : in.read(out, size, out.length - size);
            }
            return new Decoded(Arrays.copyOf(out, size), cut || n == -2);
        } catch (IOException e) {
            return new Decoded(Arrays.copyOf(out, size), true);
        }
    }
}

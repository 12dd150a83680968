package io.llmproxy.gateway;

import io.llmproxy.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** Coded bodies: never more than an IOException, the same however they come; and what is taken, the JDK's readers read the same, all of it. */
public final class CodedBodyFuzz {
    private CodedBodyFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        for (String coding : new String[] {"gzip", "deflate"}) {
            byte[] whole = read(coding, new ByteArrayInputStream(input));
            Fuzz.same(text(read(coding, new Trickle(input))), text(whole), coding + " byte by byte");
            if (whole != null) {
                Fuzz.same(text(theirs(coding, input)), text(whole), coding + " by another reader");
                byte[] longer = Arrays.copyOf(input, input.length + 1);
                Fuzz.same(
                        text(read(coding, new ByteArrayInputStream(longer))),
                        text(null),
                        coding + " with a byte behind it");
            }
        }
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "refused" : Base64.getEncoder().encodeToString(bytes);
    }

    /** Null: refused. */
    private static byte @Nullable [] read(String coding, InputStream coded) {
        try (InputStream in = ContentCoding.strictly(coding, coded)) {
            return in.readAllBytes();
        } catch (IOException e) {
            return null;
        }
    }

    private static byte @Nullable [] theirs(String coding, byte[] input) {
        InputStream coded = new ByteArrayInputStream(input);
        try (InputStream in = coding.equals("gzip") ? new GZIPInputStream(coded) : new InflaterInputStream(coded)) {
            return in.readAllBytes();
        } catch (IOException e) {
            return null;
        }
    }

    /** Gives one byte at a time, and never says that there are more. */
    private static final class Trickle extends InputStream {
        private final byte[] bytes;
        private int at;

        Trickle(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return at < bytes.length ? bytes[at++] & 255 : -1;
        }

        @Override
        public int read(byte[] to, int offset, int length) {
            if (length == 0) {
                return 0;
            }
            int b = read();
            if (b < 0) {
                return -1;
            }
            to[offset] = (byte) b;
            return 1;
        }
    }
}

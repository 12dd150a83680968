package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/** Whole bodies in memory, to be made trees of; in an array that fits where its length is known, so that nothing is copied. */
final class Bytes {
    private static final int USUAL = 4 * 1024;
    /** A length that is told and not sent costs no more room than this. */
    private static final long MOST_BELIEVED = 1024 * 1024;

    private Bytes() {}

    static byte[] of(RequestBody body) {
        Exact bytes = new Exact(Math.toIntExact(body.length()));
        try {
            body.writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("reading back a request body to translate it failed", e);
        }
        return bytes.whole();
    }

    /**
     * Reads an answer to its end, as exactly one value; missing where it is not that.
     *
     * @param length as its head tells it; below 0: it does not
     * @throws UpstreamException where it is longer than {@code most}
     */
    static JsonNode tree(InputStream answer, long length, int most) throws IOException {
        // one more than there is, so that the end is found without more room
        byte[] out = new byte[length < 0 ? USUAL : (int) Math.min(length, MOST_BELIEVED) + 1];
        int read = 0;
        for (int n = answer.read(out, 0, out.length); n >= 0; n = answer.read(out, read, out.length - read)) {
            read += n;
            if (read > most) {
                throw Unreadable.because("it is larger than " + most + " bytes");
            }
            if (read == out.length) {
                out = Arrays.copyOf(out, 2 * out.length);
            }
        }
        return Json.parse(out, read);
    }

    private static final class Exact extends ByteArrayOutputStream {
        Exact(int size) {
            super(size);
        }

        byte[] whole() {
            return count == buf.length ? buf : toByteArray();
        }
    }
}

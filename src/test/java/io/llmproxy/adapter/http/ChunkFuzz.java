package io.llmproxy.adapter.http;

import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Chunked bodies: the same bytes or the same refusal whatever the pieces, and by RFC 9112. */
public final class ChunkFuzz {
    private static final Pattern SIZE = Pattern.compile("\\G([0-9A-Fa-f]{1,15})[ \t]*(?:;([^\r\n]*))?\r\n");
    private static final Pattern TRAILER = Pattern.compile("\\G((?:[-!#$%&'*+.^_`|~0-9A-Za-z]+:[^\r\n]*)?)\r\n");

    private ChunkFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] body = Pieces.payload(input);
        String whole = read(body, 7);
        Fuzz.same(read(body, Pieces.seed(input)), whole, "in pieces");
        String slow = slowly(new String(body, StandardCharsets.ISO_8859_1));
        Fuzz.same(slow, whole, "by the slow reader");
    }

    private static String read(byte[] body, int seed) {
        Iterator<byte[]> pieces = Pieces.of(body, seed).iterator();
        ClientBytes bytes = new ClientBytes(() -> pieces.hasNext() ? pieces.next() : null);
        try {
            String read = new String(new ChunkedBody(bytes).readAllBytes(), StandardCharsets.ISO_8859_1);
            return "read " + read + " before " + rest(bytes);
        } catch (IOException e) {
            return "failed";
        }
    }

    private static String rest(ClientBytes bytes) {
        StringBuilder out = new StringBuilder();
        for (int next = bytes.read(); next >= 0; next = bytes.read()) {
            out.append((char) next);
        }
        return out.toString();
    }

    private static String slowly(String body) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (true) {
            Matcher line = SIZE.matcher(body).region(at, body.length());
            if (!line.find() || controlled(line.group())) {
                return "failed";
            }
            at = line.end();
            long size = Long.parseLong(line.group(1), 16);
            if (size == 0) {
                break;
            }
            if (size > body.length() - at || !body.startsWith("\r\n", at + (int) size)) {
                return "failed";
            }
            out.append(body, at, at + (int) size);
            at += (int) size + 2;
        }
        for (int i = 0; i < 64; i++) {
            Matcher line = TRAILER.matcher(body).region(at, body.length());
            if (!line.find() || controlled(line.group())) {
                return "failed";
            }
            at = line.end();
            if (line.group(1).isEmpty()) {
                return "read " + out + " before " + body.substring(at);
            }
        }
        return "failed";
    }

    private static boolean controlled(@Nullable String line) {
        return line != null
                && (line.length() > 4096
                        || line.substring(0, line.length() - 2).chars().anyMatch(c -> c < 32 && c != '\t' || c == 127));
    }
}

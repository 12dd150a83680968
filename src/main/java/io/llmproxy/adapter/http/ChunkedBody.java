package io.llmproxy.adapter.http;

import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.io.InputStream;

/**
 * A chunked body (RFC 9112, section 7.1), however long a chunk is. Chunk extensions are read and ignored, trailers kept, both
 * within bounds.
 */
final class ChunkedBody extends InputStream {
    private static final int MAX_LINE = 4096;
    private static final int MAX_TRAILERS = 64;

    private final ClientBytes bytes;
    private long rest;
    private boolean begun;
    private boolean ended;
    private HeaderFields trailers = HeaderFields.NONE;

    ChunkedBody(ClientBytes bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (rest == 0 && !ended) {
            nextChunk();
        }
        if (ended) {
            return -1;
        }
        int n = bytes.read(into, offset, (int) Math.min(length, rest));
        if (n < 0) {
            throw cut();
        }
        rest -= n;
        return n;
    }

    private void nextChunk() throws IOException {
        if (begun && (bytes.read() != '\r' || bytes.read() != '\n')) {
            throw new IOException("A chunk of the body is longer than its size says, or was cut off.");
        }
        begun = true;
        rest = size(line());
        if (rest == 0) {
            readTrailers();
            ended = true;
        }
    }

    /** What came after the body; known when it has been read to its end. */
    HeaderFields trailers() {
        return trailers;
    }

    private void readTrailers() throws IOException {
        for (int i = 0; i < MAX_TRAILERS; i++) {
            String line = line();
            if (line.isEmpty()) {
                return;
            }
            int colon = line.indexOf(':');
            if (colon <= 0 || !FieldText.token(line.substring(0, colon))) {
                throw new IOException("What follows the body is no header field.");
            }
            trailers = trailers == HeaderFields.NONE ? new HeaderFields() : trailers;
            trailers.add(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        throw new IOException("The body has more than " + MAX_TRAILERS + " trailer fields.");
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(16);
        int next = nextByte();
        while (next != '\r') {
            if (next < 0x20 && next != '\t' || next == 0x7F) {
                throw new IOException("A line of the chunked body holds a control character.");
            }
            if (line.length() == MAX_LINE) {
                throw new IOException("A line of the chunked body is longer than " + MAX_LINE + " bytes.");
            }
            line.append((char) next);
            next = nextByte();
        }
        if (nextByte() != '\n') {
            throw new IOException("A line of the chunked body does not end in CR LF.");
        }
        return line.toString();
    }

    private int nextByte() throws IOException {
        int next = bytes.read();
        if (next < 0) {
            throw cut();
        }
        return next;
    }

    private static IOException cut() {
        return new IOException("The request's body ended before its last chunk.");
    }

    private static long size(String line) throws IOException {
        int semicolon = line.indexOf(';');
        String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).stripTrailing();
        boolean hex = !digits.isEmpty()
                && digits.length() <= 15
                && digits.chars().allMatch(c -> c < 128 && Character.digit(c, 16) >= 0);
        if (!hex) {
            throw new IOException("The size of a chunk is no hexadecimal number.");
        }
        return Long.parseLong(digits, 16);
    }
}

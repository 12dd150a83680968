package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.BadRequestException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands between Helidon's parser and a chunked body (RFC 9112, section 7.1). Helidon holds a whole chunk in memory, refuses
 * chunk extensions and trailers, and skips what follows a chunk unseen; so it is told of small chunks only, of neither
 * extensions nor trailers, and the line ends are checked here. It calls {@link #readLine} for chunk sizes and the end of the
 * body alone, and {@code skip(2)} after each chunk.
 */
@SuppressWarnings({"deprecation", "removal"}) // the factory method that replaces this constructor makes no subclass
class ChunkReader extends DataReader {
    private static final int PIECE = 16 * 1024;
    private static final int MAX_LINE = 4096;
    private static final int MAX_TRAILERS = 64;

    private long rest;
    private boolean announced;
    private boolean lineEndDue;
    private boolean trailersDue;

    ChunkReader(Supplier<byte @Nullable []> bytes) {
        super(bytes);
    }

    @Override
    public String readLine() {
        if (trailersDue) {
            trailersDue = false;
            skipTrailers();
            return "";
        }
        if (rest == 0) {
            rest = size(line());
        }
        if (rest == 0) {
            trailersDue = true;
            return "0";
        }
        int piece = (int) Math.min(rest, PIECE);
        rest -= piece;
        announced = true;
        return Integer.toHexString(piece);
    }

    @Override
    public BufferData readBuffer(int length) {
        BufferData data = super.readBuffer(length);
        if (announced) {
            announced = false;
            lineEndDue = true;
        }
        return data;
    }

    @Override
    public void skip(int length) {
        if (!lineEndDue) {
            super.skip(length);
            return;
        }
        lineEndDue = false;
        if (rest == 0 && (read() != '\r' || read() != '\n')) {
            throw new BadRequestException("A chunk of the body is longer than its size says.");
        }
    }

    private void skipTrailers() {
        for (int i = 0; i < MAX_TRAILERS; i++) {
            if (line().isEmpty()) {
                return;
            }
        }
        throw new BadRequestException("The body has more than " + MAX_TRAILERS + " trailer fields.");
    }

    private String line() {
        int end = findNewLine(MAX_LINE);
        if (end >= MAX_LINE) {
            throw new BadRequestException("A line of the chunked body is longer than " + MAX_LINE + " bytes.");
        }
        String line = end == 0 ? "" : new String(readBytes(end), StandardCharsets.ISO_8859_1);
        super.skip(2);
        if (!HeadRules.value(line)) {
            throw new BadRequestException("A line of the chunked body holds a control character.");
        }
        return line;
    }

    private static long size(String line) {
        int semicolon = line.indexOf(';');
        String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).stripTrailing();
        boolean hex = !digits.isEmpty()
                && digits.length() <= 15
                && digits.chars().allMatch(c -> c < 128 && Character.digit(c, 16) >= 0);
        if (!hex) {
            throw new BadRequestException("The size of a chunk is no hexadecimal number.");
        }
        return Long.parseLong(digits, 16);
    }
}

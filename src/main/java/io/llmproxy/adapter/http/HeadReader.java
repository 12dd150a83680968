package io.llmproxy.adapter.http;

import io.helidon.common.buffers.LazyString;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands between Helidon's parser and a request's head (RFC 9112, sections 2 and 5). Helidon refuses HTTP/1.0 and an empty line
 * before a request, takes any number of fields, and loses the bytes above 127 of a field's value; so it is shown HTTP/1.1, and
 * here is known what the client said.
 */
final class HeadReader extends ChunkReader {
    private static final int MAX_FIELDS = 200;
    private static final Status TOO_LARGE = Status.create(431, "Request Header Fields Too Large");

    private boolean requestLineDue = true;
    private boolean http10;
    private int fields;

    HeadReader(Supplier<byte @Nullable []> bytes) {
        super(bytes);
    }

    /** The next bytes are a new request's. */
    void expectRequest() {
        requestLineDue = true;
        fields = 0;
    }

    /** Whether the client knows neither chunks nor connections that are used again. */
    boolean http10() {
        return http10;
    }

    @Override
    public int findNewLine(int max) {
        int end = super.findNewLine(max);
        if (requestLineDue && end == 0) {
            skip(2);
            end = super.findNewLine(max);
        }
        return end;
    }

    @Override
    public byte[] readBytes(int length) {
        byte[] bytes = super.readBytes(length);
        if (requestLineDue) {
            requestLineDue = false;
            http10 = endsInHttp10(bytes);
            if (http10) {
                bytes[length - 1] = '1';
            }
        }
        return bytes;
    }

    /** Helidon asks once before each field. */
    @Override
    public boolean startsWithNewLine() {
        boolean end = super.startsWithNewLine();
        if (!end && ++fields > MAX_FIELDS) {
            throw headTooLarge();
        }
        return end;
    }

    /** Values may hold any byte above 127 (RFC 9110, section 5.5), and go on as they came. */
    @Override
    public LazyString readLazyString(Charset ascii, int length) {
        return super.readLazyString(StandardCharsets.ISO_8859_1, length);
    }

    static RequestException headTooLarge() {
        return RequestException.builder()
                .type(EventType.BAD_REQUEST)
                .status(TOO_LARGE)
                .message("The request's head is too large.")
                .build();
    }

    private static boolean endsInHttp10(byte[] line) {
        byte[] version = {' ', 'H', 'T', 'T', 'P', '/', '1', '.', '0'};
        int from = line.length - version.length;
        return from >= 0 && Arrays.equals(line, from, line.length, version, 0, version.length);
    }
}

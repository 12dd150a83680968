package io.llmproxy.adapter.http.h2;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2HuffmanDecoder;
import io.helidon.http.http2.Http2Setting;
import io.llmproxy.domain.HeaderFields;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Gathers the frames of one head and decodes it by Helidon's HPACK; one for a connection, since its table lasts as long. */
final class HeadDecoder {
    /** As HTTP/1.1's. */
    static final int MAX_HEAD = 64 * 1024;

    private final Http2Headers.DynamicTable table =
            Http2Headers.DynamicTable.create(Http2Setting.HEADER_TABLE_SIZE.defaultValue());
    private final Http2HuffmanDecoder huffman = Http2HuffmanDecoder.create();
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();
    private int stream;
    private boolean endStream;

    /** Whether a head has begun that another frame goes on with. */
    boolean unfinished() {
        return stream != 0;
    }

    /** The stream whose head is gathered, or was last. */
    int stream() {
        return stream;
    }

    boolean endStream() {
        return endStream;
    }

    void begin(Frame headers) throws ConnectionFault {
        block.reset();
        stream = headers.stream();
        endStream = headers.has(Frame.END_STREAM);
        block.write(headers.payload(), headers.contentStart(), headers.contentLength());
    }

    void goOn(Frame continuation) throws ConnectionFault {
        if (continuation.stream() != stream) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a head that another stream's frame breaks into");
        }
        if (continuation.payload().length == 0 || block.size() + continuation.payload().length > MAX_HEAD) {
            throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a head of too many or too large frames");
        }
        block.write(continuation.payload(), 0, continuation.payload().length);
    }

    /** The head, to be taken once it is whole; null: it is malformed or too large, and the table has kept step all the same. */
    @Nullable
    RequestHead head() throws ConnectionFault {
        Http2Headers decoded = decoded();
        stream = 0;
        if (decoded.method() == null || decoded.scheme() == null || decoded.path() == null) {
            return null;
        }
        HeaderFields fields = fields(decoded);
        return fields == null
                ? null
                : new RequestHead(decoded.method().text(), decoded.path(), decoded.authority(), fields);
    }

    /** What comes after a body; null: it is malformed or too large, and the table has kept step all the same. */
    @Nullable
    HeaderFields trailers() throws ConnectionFault {
        Http2Headers decoded = decoded();
        stream = 0;
        boolean pseudo = decoded.method() != null
                || decoded.scheme() != null
                || decoded.path() != null
                || decoded.authority() != null;
        return pseudo ? null : fields(decoded);
    }

    /** Null: they are too large. */
    private static @Nullable HeaderFields fields(Http2Headers decoded) {
        HeaderFields fields = new HeaderFields();
        long[] size = new long[1];
        decoded.httpHeaders()
                .forEach(header -> header.allValues().forEach(value -> {
                    size[0] += header.name().length() + value.length() + 32L;
                    if (size[0] <= MAX_HEAD) {
                        fields.add(header.name(), value);
                    }
                }));
        return size[0] > MAX_HEAD ? null : fields;
    }

    private Http2Headers decoded() throws ConnectionFault {
        byte[] bytes = block.toByteArray();
        Http2FrameHeader header = Http2FrameHeader.create(
                bytes.length,
                Http2FrameTypes.HEADERS,
                Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS),
                Math.max(1, stream));
        try {
            // a stream is wanted for its priority alone, which has been cut off
            return Http2Headers.create(null, table, huffman, new Http2FrameData(header, BufferData.create(bytes)));
        } catch (RuntimeException e) {
            // where in the block it went wrong is not told, so the table may be out of step
            throw new ConnectionFault(ErrorCode.COMPRESSION_ERROR, "a head that cannot be decoded: " + e.getMessage());
        }
    }
}

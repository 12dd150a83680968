package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.UsageRecord;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** How a record lies in a segment: the length of its payload, the CRC-32C of the payload, the payload; big-endian. */
final class Frames {
    static final int HEADER = 8;
    static final int MAX_PAYLOAD = 1 << 18;
    static final int MAX_FRAME = HEADER + MAX_PAYLOAD;
    private static final int USUAL_FRAME = 448;

    private Frames() {}

    /** The record in its frame, ready to be written. */
    static byte[] of(UsageRecord record) {
        RecordWriter bytes = new RecordWriter(USUAL_FRAME);
        bytes.writeLong(0);
        UsageRecordCodec.encode(record, bytes);
        byte[] frame = bytes.toByteArray();
        int length = frame.length - HEADER;
        ByteBuffer.wrap(frame).putInt(length).putInt(crc(frame, HEADER, length));
        return frame;
    }

    /** The length of the payload of the whole and sound frame that begins at {@code at}; 0 where there is none. */
    static int payloadAt(byte[] bytes, int at, int end) {
        if (end - at <= HEADER) {
            return 0;
        }
        ByteBuffer header = ByteBuffer.wrap(bytes, at, HEADER);
        int length = header.getInt();
        if (length <= 0 || length > MAX_PAYLOAD || length > end - at - HEADER) {
            return 0;
        }
        return header.getInt() == crc(bytes, at + HEADER, length) ? length : 0;
    }

    private static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }
}

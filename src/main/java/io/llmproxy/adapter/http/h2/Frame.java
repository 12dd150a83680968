package io.llmproxy.adapter.http.h2;

import io.helidon.common.buffers.DataReader;

/** A frame as it came (RFC 9113, section 4.1). Its payload is whole, and no longer than {@link #MAX_PAYLOAD}. */
@SuppressWarnings("ArrayRecordComponent") // frames are read, not compared
record Frame(int type, int flags, int stream, byte[] payload) {
    static final int MAX_PAYLOAD = 16 * 1024;
    static final int HEADER = 9;

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int PADDED = 8;
    static final int PRIORITIZED = 32;

    static Frame read(DataReader in) throws ConnectionFault {
        byte[] header = in.readBytes(HEADER);
        int length = (header[0] & 255) << 16 | (header[1] & 255) << 8 | header[2] & 255;
        if (length > MAX_PAYLOAD) {
            throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a frame of " + length + " bytes");
        }
        byte[] payload = length == 0 ? new byte[0] : in.readBytes(length);
        return new Frame(header[3] & 255, header[4] & 255, int31(header, 5), payload);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    void requireLength(int length) throws ConnectionFault {
        if (payload.length != length) {
            throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a frame of type " + type + " with a wrong length");
        }
    }

    /** Where the content begins, behind the length of the padding and the priority. */
    int contentStart() {
        return (has(PADDED) ? 1 : 0) + (type == HEADERS && has(PRIORITIZED) ? 5 : 0);
    }

    /** How long the content is without the padding. */
    int contentLength() throws ConnectionFault {
        int padding = has(PADDED) && payload.length > 0 ? payload[0] & 255 : 0;
        int length = payload.length - contentStart() - padding;
        if (length < 0) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a frame whose padding is longer than itself");
        }
        return length;
    }

    /** 31 bits of the payload, the highest one left out. */
    int int31(int at) {
        return int31(payload, at);
    }

    private static int int31(byte[] bytes, int at) {
        return (bytes[at] & 127) << 24 | (bytes[at + 1] & 255) << 16 | (bytes[at + 2] & 255) << 8 | bytes[at + 3] & 255;
    }
}

package io.llmproxy.adapter.http.tls;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** As much of DER (X.690) as the older forms of private keys take: values one in another, each with a tag and a length. */
final class Der {
    static final int INTEGER = 0x02;
    static final int OCTETS = 0x04;
    static final int NULL = 0x05;
    static final int OID = 0x06;
    static final int SEQUENCE = 0x30;
    /** Explicitly tagged with 0. */
    static final int FIRST = 0xA0;

    private final byte[] bytes;
    private int at;

    Der(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The content of the next value, where it has that tag; else null, and the value is still the next one.
     *
     * @throws IllegalArgumentException where there is no whole value
     */
    byte @Nullable [] next(int tag) {
        if (at >= bytes.length || (bytes[at] & 255) != tag) {
            return null;
        }
        int position = at + 1;
        int length = byteAt(position++);
        if (length > 0x7F) {
            int digits = length & 0x7F;
            if (digits == 0 || digits > 3) {
                throw damaged();
            }
            length = 0;
            for (int i = 0; i < digits; i++) {
                length = length << 8 | byteAt(position++);
            }
        }
        if (length > bytes.length - position) {
            throw damaged();
        }
        at = position + length;
        return java.util.Arrays.copyOfRange(bytes, position, at);
    }

    /** @throws IllegalArgumentException where the next value has another tag or is not whole */
    byte[] expect(int tag) {
        byte[] content = next(tag);
        if (content == null) {
            throw damaged();
        }
        return content;
    }

    static byte[] value(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length > 0x7F) {
            int digits = (39 - Integer.numberOfLeadingZeros(length)) / 8;
            out.write(0x80 | digits);
            for (int i = digits - 1; i >= 0; i--) {
                out.write(length >> 8 * i);
            }
        } else {
            out.write(length);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    private int byteAt(int position) {
        if (position >= bytes.length) {
            throw damaged();
        }
        return bytes[position] & 255;
    }

    private static IllegalArgumentException damaged() {
        return new IllegalArgumentException("no DER of the kind expected");
    }
}

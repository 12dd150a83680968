package io.llmproxy.adapter.http.h2;

import io.llmproxy.domain.HeaderFields;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * An answer's head in HPACK (RFC 7541), every field as a literal that goes into no table. Such a block depends on no other, so
 * streams need not wait for each other to be encoded; the few hundred bytes that tables would save are little beside an answer.
 */
final class HeadBlock {
    private static final int STATUS = 8;
    private static final int NEW_NAME = 0;

    /** The table's size is 0 from here on, which is also what a client that wants a smaller table must be told. */
    private static final int NO_TABLE = 0x20;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);

    private HeadBlock() {
        bytes.write(NO_TABLE);
    }

    static byte[] of(int status, HeaderFields fields) {
        HeadBlock block = new HeadBlock();
        block.bytes.write(STATUS);
        block.text(Integer.toString(status));
        return block.fields(fields);
    }

    static byte[] trailers(HeaderFields fields) {
        return new HeadBlock().fields(fields);
    }

    private byte[] fields(HeaderFields fields) {
        fields.forEach((name, value) -> {
            bytes.write(NEW_NAME);
            text(name.toLowerCase(Locale.ROOT));
            text(value);
        });
        return bytes.toByteArray();
    }

    private void text(String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        length(octets.length);
        bytes.write(octets, 0, octets.length);
    }

    /** An integer with a prefix of seven bits, the eighth saying that no Huffman code is used. */
    private void length(int length) {
        if (length < 127) {
            bytes.write(length);
            return;
        }
        bytes.write(127);
        int rest = length - 127;
        for (; rest >= 128; rest >>>= 7) {
            bytes.write(rest & 127 | 128);
        }
        bytes.write(rest);
    }
}

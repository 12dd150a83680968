package io.llmproxy.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * A request body in gzip (RFC 1952) or deflate (RFC 1950), decoded as it is read, and strictly: one member, its checksum and length
 * right, nothing behind it. A key may be scoped to models, so a provider must not find more in the bytes than was looked at here.
 */
final class CodedBody extends InflaterInputStream {
    private static final int BUFFER = 8 * 1024;
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xE0;

    private final boolean gzip;
    private final CRC32 sum = new CRC32();
    private long length;
    private boolean ended;

    private CodedBody(InputStream coded, boolean gzip) {
        super(coded, new Inflater(gzip), BUFFER);
        this.gzip = gzip;
    }

    /**
     * Begins to decode.
     *
     * @param coding one that {@link ContentCoding#known} knows
     * @throws IOException where it is not in that coding, as reading it on may too
     */
    static CodedBody of(String coding, InputStream coded) throws IOException {
        InputStream in = new BufferedInputStream(coded, BUFFER);
        boolean gzip = !coding.equals("deflate");
        if (gzip) {
            header(in);
        }
        return new CodedBody(in, gzip);
    }

    private static void header(InputStream coded) throws IOException {
        CheckedInputStream in = new CheckedInputStream(coded, new CRC32());
        boolean magic = next(in) == 0x1F && next(in) == 0x8B && next(in) == 8;
        if (!magic) {
            throw new ZipException("no gzip");
        }
        int flags = next(in);
        if ((flags & RESERVED) != 0) {
            throw new ZipException("flags of gzip that nobody knows");
        }
        in.skipNBytes(6); // time, hints and system
        if ((flags & EXTRA) != 0) {
            in.skipNBytes(next(in) | next(in) << 8);
        }
        if ((flags & NAME) != 0) {
            skipText(in);
        }
        if ((flags & COMMENT) != 0) {
            skipText(in);
        }
        if ((flags & HEADER_CRC) != 0) {
            long sum = in.getChecksum().getValue() & 0xFFFF;
            if ((next(in) | next(in) << 8) != sum) {
                throw new ZipException("the checksum of its head is wrong");
            }
        }
    }

    private static void skipText(InputStream in) throws IOException {
        while (next(in) != 0) {
            // the next one
        }
    }

    private static int next(InputStream in) throws IOException {
        int b = in.read();
        if (b < 0) {
            throw new EOFException("gzip that breaks off");
        }
        return b;
    }

    @Override
    public int read(byte[] to, int offset, int count) throws IOException {
        int n = ended ? -1 : super.read(to, offset, count);
        if (n > 0) {
            sum.update(to, offset, n);
            length += n;
        } else if (n < 0 && !ended) {
            ended = true;
            end();
        }
        return n;
    }

    private void end() throws IOException {
        if (!inf.finished()) {
            throw new ZipException("it wants a dictionary");
        }
        int left = inf.getRemaining();
        InputStream rest = new SequenceInputStream(new ByteArrayInputStream(buf, len - left, left), in);
        if (gzip && (number(rest) != sum.getValue() || number(rest) != (length & 0xFFFFFFFFL))) {
            throw new ZipException("its checksum or length is wrong");
        }
        if (rest.read() >= 0) {
            throw new ZipException("something follows it");
        }
    }

    private static long number(InputStream in) throws IOException {
        return next(in) | next(in) << 8 | next(in) << 16 | (long) next(in) << 24;
    }

    @Override
    public void close() throws IOException {
        inf.end();
        super.close();
    }
}

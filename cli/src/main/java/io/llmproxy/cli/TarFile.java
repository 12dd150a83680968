package io.llmproxy.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** Writes texts into a compressed archive of the format ustar (POSIX.1-1988), which every tar reads. */
final class TarFile implements AutoCloseable {
    private static final int BLOCK = 512;
    private final OutputStream out;
    private final Instant time;

    TarFile(OutputStream raw, Instant time) throws IOException {
        this.out = new GZIPOutputStream(raw);
        this.time = time;
    }

    /** @param name of less than a hundred characters, ASCII */
    void add(String name, String text) throws IOException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        out.write(header(name, content.length));
        out.write(content);
        out.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    }

    private byte[] header(String name, int size) {
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000600\0");
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, octal(size));
        put(header, 136, octal(time.getEpochSecond()));
        put(header, 148, "        ");
        put(header, 156, "0");
        put(header, 257, "ustar\0");
        put(header, 263, "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
        return header;
    }

    private static String octal(long value) {
        return String.format(Locale.ROOT, "%011o\0", value);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    @Override
    public void close() throws IOException {
        try (OutputStream closing = out) {
            closing.write(new byte[2 * BLOCK]);
        }
    }
}

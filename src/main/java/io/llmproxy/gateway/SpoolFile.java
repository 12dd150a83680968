package io.llmproxy.gateway;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that only this process's user may read, appended to, read from any place, and gone after {@link #close}. */
final class SpoolFile implements AutoCloseable {
    private static final String PREFIX = "body-";
    private static final int BUFFER = 64 * 1024;

    private final Path path;
    // no channels: an interrupt of the thread would close them
    private final FileOutputStream out;

    private SpoolFile(Path path) throws IOException {
        this.path = path;
        this.out = new FileOutputStream(path.toFile());
    }

    static SpoolFile create(Path directory) throws IOException {
        return new SpoolFile(Files.createTempFile(directory, PREFIX, ".part"));
    }

    static void clear(Path directory) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, PREFIX + "*")) {
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
        }
    }

    void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
    }

    InputStream open() throws IOException {
        return new FileInputStream(path.toFile());
    }

    void writeTo(OutputStream to, long from, long until) throws IOException {
        byte[] buffer = new byte[(int) Math.min(BUFFER, until - from)];
        try (InputStream in = open()) {
            in.skipNBytes(from);
            for (long left = until - from; left > 0; ) {
                int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (n < 0) {
                    throw new IOException("the spooled request body is shorter than it was");
                }
                to.write(buffer, 0, n);
                left -= n;
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (out) {
            Files.deleteIfExists(path);
        }
    }
}

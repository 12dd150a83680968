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

    /** From its beginning. */
    Reading reading() throws IOException {
        return new Reading(open());
    }

    /** The file read once, from the beginning to the end, whatever is left out of it: a body may have a hundred thousand changes. */
    static final class Reading implements AutoCloseable {
        private final InputStream in;
        private final byte[] buffer = new byte[BUFFER];
        private int begin;
        private int end;
        private long at;

        private Reading(InputStream in) {
            this.in = in;
        }

        /** @param from not before the end of what was written last */
        void writeTo(OutputStream to, long from, long until) throws IOException {
            long skipped = Math.min(from - at, end - begin);
            begin += (int) skipped;
            in.skipNBytes(from - at - skipped);
            at = from;
            while (at < until) {
                if (begin == end) {
                    fill();
                }
                int n = (int) Math.min(until - at, end - begin);
                to.write(buffer, begin, n);
                begin += n;
                at += n;
            }
        }

        private void fill() throws IOException {
            int n = in.read(buffer);
            if (n < 0) {
                throw new IOException("the spooled request body is shorter than it was");
            }
            begin = 0;
            end = n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    @Override
    public void close() throws IOException {
        try (out) {
            Files.deleteIfExists(path);
        }
    }
}

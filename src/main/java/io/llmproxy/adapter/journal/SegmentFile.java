package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** The file that records are appended to; the border at which tests let a disk fail. */
interface SegmentFile extends AutoCloseable {
    /** Writes the bytes at the end; where it fails, any part of them may have been written. */
    void write(byte[] bytes) throws IOException;

    /** Cuts the file to {@code size} bytes and goes on from there. */
    void truncate(long size) throws IOException;

    /** Returns when the disk has what was written. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;

    /** Makes a new, empty file. */
    interface Opener {
        SegmentFile open(Path path) throws IOException;
    }

    /** A real file. */
    static SegmentFile open(Path path) throws IOException {
        // not a FileChannel: an interrupt of one appending thread would close it for all
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        return new SegmentFile() {
            @Override
            public void write(byte[] bytes) throws IOException {
                file.write(bytes);
            }

            @Override
            public void truncate(long size) throws IOException {
                file.setLength(size);
                file.seek(size);
            }

            @Override
            public void sync() throws IOException {
                file.getFD().sync();
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }
}

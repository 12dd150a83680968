package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.nio.file.Path;

/** The file that records are appended to; the border at which tests let a disk fail. */
interface SegmentFile extends AutoCloseable {
    /** Writes the bytes at the end; where it fails, any part of them may have been written. One thread at a time. */
    void write(byte[] bytes) throws IOException;

    /** Cuts the file to {@code size} bytes and goes on from there. */
    void truncate(long size) throws IOException;

    /** Returns when the disk has what was written. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;

    /** Makes a new, empty file. */
    interface Opener extends AutoCloseable {
        SegmentFile open(Path path) throws IOException;

        /** When all of its files are closed. */
        @Override
        default void close() {}
    }
}

package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one segment in order, and passes over bytes that are none: after damage it goes on at the next sound
 * frame. Not thread-safe.
 */
final class SegmentReader implements AutoCloseable {
    // twice the longest frame: whether a frame begins anywhere in the first half can be decided within one block
    private static final int BLOCK = 2 * Frames.MAX_FRAME;

    // not a FileChannel: that one is closed for good where the reading thread is interrupted
    private final RandomAccessFile file;
    private final long limit;
    private final byte[] block;
    private long blockStart;
    private int filled;
    private long position;
    private long damaged;
    private int payload;
    private int length;

    /** Reads from {@code from} up to {@code limit}; what lies beyond is not looked at. */
    SegmentReader(Path path, long from, long limit) throws IOException {
        this.file = new RandomAccessFile(path.toFile(), "r");
        this.limit = Math.min(limit, file.length());
        this.position = from;
        this.blockStart = from;
        this.block = new byte[Math.clamp(this.limit - from, 0, BLOCK)];
    }

    /** The payload of the next frame, valid until the next call; null where none follows. */
    @Nullable
    ByteBuffer next() throws IOException {
        return advance() ? ByteBuffer.wrap(block, payload, length) : null;
    }

    /** Goes to the next frame, which then lies in {@link #bytes}; false where none follows. */
    boolean advance() throws IOException {
        long search = position;
        while (search < limit) {
            int at = inBlock(search);
            int found = Frames.payloadAt(block, at, filled);
            if (found > 0) {
                damaged += search - position;
                position = search + Frames.HEADER + found;
                payload = at + Frames.HEADER;
                length = found;
                return true;
            }
            search++;
        }
        return false;
    }

    /** Holds the frame; reused by the next {@link #advance}. */
    byte[] bytes() {
        return block;
    }

    /** Where in {@link #bytes} the payload begins; its frame's header lies before it. */
    int payload() {
        return payload;
    }

    /** How long the payload is. */
    int length() {
        return length;
    }

    /** The index in the block of that position of the file, with a whole frame's length after it unless the file ends. */
    private int inBlock(long at) throws IOException {
        boolean whole = blockStart + filled >= limit || blockStart + filled - at >= Frames.MAX_FRAME;
        if (filled == 0 || !whole) {
            blockStart = at;
            filled = (int) Math.min(block.length, limit - at);
            file.seek(at);
            file.readFully(block, 0, filled);
        }
        return (int) (at - blockStart);
    }

    /** The end of the frame that was last returned. */
    long position() {
        return position;
    }

    /** How many bytes between frames were passed over so far. */
    long damaged() {
        return damaged;
    }

    /** How many bytes lie behind the last frame, up to the last that is not zero; to be asked when no frame follows. */
    long trailing() throws IOException {
        for (long end = limit; end > position; end = blockStart) {
            blockStart = Math.max(position, end - block.length);
            filled = (int) (end - blockStart);
            file.seek(blockStart);
            file.readFully(block, 0, filled);
            for (int i = filled; i > 0; i--) {
                if (block[i - 1] != 0) {
                    return blockStart + i - position;
                }
            }
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}

package io.llmproxy.adapter.journal;

import io.llmproxy.domain.Carrier;
import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Frames one behind the other, as they lie in a segment. */
public final class JournalFormat implements UsageFormat {
    /** So many records take a tenth of a millisecond or less. */
    private static final int AT_ONCE = 256;

    @Override
    public Records open(byte[] frames) {
        return new Records() {
            private final Walk walk = new Walk(frames);

            @Override
            public @Nullable UsageRecord next() {
                int length = walk.advance();
                if (length == 0) {
                    return null;
                }
                try {
                    return UsageRecordCodec.decode(ByteBuffer.wrap(frames, walk.payload, length));
                } catch (IOException e) {
                    throw noRecord(e);
                }
            }

            @Override
            public void skip(int records) {
                for (int i = 0; i < records && walk.advance() > 0; i++) {
                    // over it
                }
            }
        };
    }

    @Override
    public void traits(byte[] frames, BlockTraits.Records sink) {
        Walk walk = new Walk(frames);
        RecordBytes record = new RecordBytes();
        int records = 0;
        while (walk.advance() > 0) {
            byte version = frames[walk.payload];
            if (version < 1 || version > UsageRecordCodec.VERSION) {
                throw noRecord(new IOException("record format " + version));
            }
            try {
                record.read(frames, walk.payload);
            } catch (IndexOutOfBoundsException | IllegalStateException e) {
                throw noRecord(e);
            }
            sink.next();
            record.traits(sink);
            records++;
            if (records % AT_ONCE == 0) {
                Carrier.giveWay();
            }
        }
    }

    private static StoreException noRecord(Exception cause) {
        return new StoreException("reading the ledger: a frame that is sound holds no record", cause);
    }

    /** From one frame to the next. */
    private static final class Walk {
        private final byte[] frames;
        private int at;
        private int payload;

        private Walk(byte[] frames) {
            this.frames = frames;
        }

        /** Goes to the next frame; the length of its payload, or 0 at the end. */
        private int advance() {
            if (at == frames.length) {
                return 0;
            }
            int length = Frames.payloadAt(frames, at, frames.length);
            if (length == 0) {
                throw new StoreException(
                        "reading the ledger: the bytes of a block are damaged; llmproxyctl ledger check names the block",
                        new IOException("no sound frame at " + at));
            }
            payload = at + Frames.HEADER;
            at = payload + length;
            return length;
        }
    }
}

package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Frames one behind the other, as they lie in a segment. */
public final class JournalFormat implements UsageFormat {
    @Override
    public Records open(byte[] frames) {
        return new Records() {
            private int at;

            @Override
            public @Nullable UsageRecord next() {
                int payload = at + Frames.HEADER;
                int length = advance();
                if (length == 0) {
                    return null;
                }
                try {
                    return UsageRecordCodec.decode(ByteBuffer.wrap(frames, payload, length));
                } catch (IOException e) {
                    throw new StoreException("reading the ledger: a frame that is sound holds no record", e);
                }
            }

            @Override
            public void skip(int records) {
                for (int i = 0; i < records && advance() > 0; i++) {
                    // over it
                }
            }

            // the length of the payload of the frame that was passed; 0 at the end
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
                at += Frames.HEADER + length;
                return length;
            }
        };
    }
}

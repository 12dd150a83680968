package io.llmproxy.port;

import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.UsageRecord;
import org.jspecify.annotations.Nullable;

/** Reads the bytes of a {@link io.llmproxy.domain.usage.UsageBlock}. Thread-safe. */
public interface UsageFormat {
    Records open(byte[] frames);

    /**
     * Tells the traits of one record after the other, without making objects of them, and gives way now and then.
     *
     * @throws StoreException where the bytes are none that this program wrote, or a later version did
     */
    void traits(byte[] frames, BlockTraits.Records sink);

    /** Records one after the other. Not thread-safe. */
    interface Records {
        /**
         * The next one; null at the end.
         *
         * @throws StoreException where the bytes are none that this program wrote, or a later version did
         */
        @Nullable
        UsageRecord next();

        /** Passes over so many, or to the end. */
        void skip(int records);
    }
}

package io.llmproxy.port;

import io.llmproxy.domain.usage.UsageRecord;
import java.util.List;

/**
 * The local journal that a usage record reaches before the last byte of its answer goes out. Thread-safe.
 *
 * <p>{@link #append} returns when the operating system has the bytes, so a killed process loses nothing; they are forced to
 * the disk in groups. One reader takes records in order with {@link #poll} and gives them up with {@link #commit}; what was
 * not committed is read again after a restart.
 */
public interface UsageJournal extends AutoCloseable {
    /** @throws StoreException where the disk refuses */
    void append(UsageRecord record);

    /** At most {@code max} records that were appended and not yet committed, oldest first; does not block. */
    List<UsageRecord> poll(int max);

    /** Gives up what the last {@link #poll} returned. */
    void commit();

    /** Records appended and not committed. */
    long backlog();

    @Override
    void close();
}

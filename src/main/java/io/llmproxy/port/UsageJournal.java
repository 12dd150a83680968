package io.llmproxy.port;

import io.llmproxy.domain.usage.UsageRecord;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The local journal that a usage record reaches before the last byte of its answer goes out. Thread-safe.
 *
 * <p>{@link #append} returns when the operating system has the bytes, so a killed process loses nothing; they are forced to
 * the disk in groups. Every run of a process writes a journal of its own, with an identity that nothing else ever has; what
 * former runs left stands before it. One reader takes records in order with {@link #next} and gives them up with
 * {@link #commit}. How far the database has come is for the database to say, by {@link #stored}; until it said so, reading
 * begins where this directory knows the last commit.
 */
public interface UsageJournal extends AutoCloseable {
    /** @throws StoreException where the disk refuses */
    void append(UsageRecord record);

    /** The journals of which there are files, the oldest first. */
    List<UUID> journals();

    /** The database stands there with this journal: reading goes on from it, forward or back, as far as there are files. */
    void stored(UUID journal, JournalPosition position);

    /** Of one journal at most about {@code max} records that are not committed, the oldest first; null: none. Does not block. */
    @Nullable
    UsageBatch next(int max);

    /** The records behind those of {@code previous}, in a batch that stands for both and holds only the former; null: none. */
    @Nullable
    UsageBatch behind(UsageBatch previous, int max);

    /** Gives up what the batch passed; the database has committed it. */
    void commit(UsageBatch batch);

    /** Records appended and not committed. */
    long backlog();

    /** Where the readable records of each journal end, and up to where they are committed. */
    Map<UUID, Extent> extents();

    /** @param committed as the directory knows it */
    record Extent(JournalPosition begin, JournalPosition end, JournalPosition committed) {}

    @Override
    void close();
}

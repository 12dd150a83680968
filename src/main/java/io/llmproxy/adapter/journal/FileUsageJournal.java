package io.llmproxy.adapter.journal;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageJournal;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Journals of numbered, append-only segment files in one directory, and a file {@code position} that says up to where they are
 * committed as far as the directory knows.
 *
 * <p>A process never appends to a file of an earlier one: it begins a journal of its own, with an identity that nothing else
 * has, so that what is recovered at the start is read only. Where a directory was copied, copy and original therefore agree on
 * what is in the journals that both have, and write to different ones. A segment whose records are committed is kept for a
 * while: a database that comes back without its last commits is given them again. Appending threads encode on their own and hold {@code writing} for one copy into the file; the reader holds
 * {@code reading} and takes {@code writing} only to look at the list of segments. Bytes behind a segment's size are never
 * read, therefore a half-written record is invisible even where it could not be cut off.
 */
public final class FileUsageJournal implements UsageJournal {
    static final long SEGMENT_SIZE = 16L << 20;
    /** Longer than any database that we use may have a commit in memory alone. */
    private static final Duration KEPT = Duration.ofSeconds(15);

    private static final Logger LOG = System.getLogger(FileUsageJournal.class.getName());

    private final JournalDirectory directory;
    private final SegmentFile.Opener opener;
    private final long segmentSize;
    private final long keptNanos;
    private final UUID journal = Ids.random();
    private final GroupSync syncing;

    private final ReentrantLock writing = new ReentrantLock();
    // guarded by writing, as are the four fields below
    private final List<Segment> sealed = new ArrayList<>();
    private Segment active;
    private SegmentFile file;
    private boolean torn;
    private boolean closed;

    private final ReentrantLock reading = new ReentrantLock();
    // guarded by reading, as are the two fields below: up to where each journal is committed
    private final Map<UUID, JournalPosition> positions;
    // since when all of a segment is committed, as System.nanoTime
    private final Map<Path, Long> passedSince = new HashMap<>();
    private boolean positionFailing;
    // records of the segments in the list that are committed
    private final AtomicLong passed = new AtomicLong();

    private FileUsageJournal(Path path, Duration sync, SegmentFile.Opener opener, long segmentSize, Duration kept)
            throws IOException {
        this.directory = JournalDirectory.lock(path);
        try {
            this.opener = opener;
            this.segmentSize = segmentSize;
            this.keptNanos = kept.toNanos();
            this.positions = directory.positions();
            long last = positions.values().stream()
                    .mapToLong(JournalPosition::segment)
                    .max()
                    .orElse(0);
            for (Segment segment : directory.recover()) {
                last = Math.max(last, segment.number());
                if (segment.records() > 0) {
                    sealed.add(segment);
                } else {
                    segment.retire();
                }
            }
            this.passed.set(passedIn(sealed));
            this.active = Segment.created(path, journal, last + 1);
            this.file = opener.open(active.path());
            this.syncing = new GroupSync(path, sync, file);
        } catch (IOException | RuntimeException e) {
            opener.close();
            directory.close();
            throw e;
        }
    }

    /**
     * Opens the journal in {@code directory}, which is made where it is missing, and recovers what is in it.
     *
     * @param sync how long a record may be in the kernel alone
     * @throws JournalInUseException where another process has it
     * @throws NewerRecordException where a later version of the program wrote it
     * @throws StoreException where the directory cannot be read or written
     */
    public static FileUsageJournal open(Path directory, Duration sync) {
        return open(directory, sync, new MappedSegmentFiles(), SEGMENT_SIZE, KEPT);
    }

    /** @param kept for how long segments stay after their last record was committed */
    static FileUsageJournal open(
            Path directory, Duration sync, SegmentFile.Opener opener, long segmentSize, Duration kept) {
        try {
            return new FileUsageJournal(directory, sync, opener, segmentSize, kept);
        } catch (IOException e) {
            throw new StoreException(
                    "the usage journal in " + directory + " cannot be opened: " + reason(e)
                            + "; the directory must be there for this user to read and write",
                    e);
        }
    }

    @Override
    public void append(UsageRecord record) {
        byte[] frame = Frames.of(record);
        writing.lock();
        try {
            if (closed) {
                throw unwritable(new IOException("it is closed"));
            }
            if (torn || active.size() > 0 && active.size() + frame.length > segmentSize) {
                roll();
            }
            write(frame);
            active = active.grown(frame.length);
        } catch (IOException e) {
            throw unwritable(e);
        } finally {
            writing.unlock();
        }
        syncing.wrote();
    }

    private void write(byte[] frame) throws IOException {
        try {
            file.write(frame);
        } catch (IOException e) {
            try {
                file.truncate(active.size());
            } catch (IOException again) {
                torn = true; // the next append begins a new file
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private void roll() throws IOException {
        Segment next = Segment.created(directory.path(), journal, active.number() + 1);
        SegmentFile opened = opener.open(next.path());
        syncing.replace(file, opened);
        sealed.add(active);
        active = next;
        file = opened;
        torn = false;
    }

    private StoreException unwritable(IOException e) {
        return new StoreException(
                "the usage journal cannot be written: " + active.path() + ": " + reason(e)
                        + "; see that its disk has space and is writable",
                e);
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /** The segments in order, the active one last. */
    private List<Segment> segments() {
        writing.lock();
        try {
            List<Segment> all = new ArrayList<>(sealed);
            all.add(active);
            return all;
        } finally {
            writing.unlock();
        }
    }

    @Override
    public List<UUID> journals() {
        return segments().stream().map(Segment::journal).distinct().toList();
    }

    private JournalPosition position(UUID of) {
        return positions.getOrDefault(of, JournalPosition.START);
    }

    @Override
    public void stored(UUID of, JournalPosition position) {
        reading.lock();
        try {
            JournalPosition known = position(of);
            if (known.compareTo(position) > 0) {
                LOG.log(
                        Level.WARNING,
                        "the database is in an older state than the usage journal has seen: it stands at {0} of journal {1},"
                                + " which was committed up to {2}; what the journal still has of it is written again",
                        position,
                        of,
                        known);
            }
            List<Segment> all = segments();
            positions.put(of, position);
            passedSince.clear();
            passed.set(passedIn(all));
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            reading.unlock();
        }
    }

    private long passedIn(List<Segment> segments) throws IOException {
        long records = 0;
        for (Segment segment : segments) {
            JournalPosition position = position(segment.journal());
            if (segment.passed(position)) {
                records += segment.records();
            } else if (segment.from(position) > 0) {
                records += segment.recordsBefore(position.offset());
            }
        }
        return records;
    }

    @Override
    public @Nullable UsageBatch next(int max) {
        return read(null, max);
    }

    @Override
    public @Nullable UsageBatch behind(UsageBatch previous, int max) {
        return read(previous, max);
    }

    private @Nullable UsageBatch read(@Nullable UsageBatch previous, int max) {
        reading.lock();
        try {
            BatchBuilder batch = previous == null ? null : new BatchBuilder(previous.journal(), previous.from(), max);
            boolean read = false;
            for (Segment segment : segments()) {
                JournalPosition from = previous == null ? position(segment.journal()) : previous.to();
                boolean wanted = batch == null || batch.journal().equals(segment.journal());
                if (wanted && !segment.passed(from)) {
                    if (batch == null) {
                        batch = new BatchBuilder(segment.journal(), from, max);
                    }
                    if (!batch.full()) {
                        batch.read(segment, segment.from(from));
                        read = true;
                    }
                }
            }
            return batch != null && read ? batch.batch(previous == null ? 0 : previous.passed()) : null;
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            reading.unlock();
        }
    }

    private StoreException unreadable(IOException e) {
        return new StoreException(
                "the usage journal in " + directory.path() + " cannot be read: " + reason(e) + "; see its disk", e);
    }

    /**
     * Takes in what another process left in its own directory, which is then gone: what of it is not in the database yet is written
     * there with the rest.
     *
     * @param left on the same file system; need not be there
     * @return how many records that were; -1: a living process has it
     * @throws StoreException where it cannot be read or moved; it is tried again by another call
     */
    public long takeIn(Path left) {
        if (!Files.isDirectory(left)) {
            return 0;
        }
        reading.lock();
        try (JournalDirectory other = JournalDirectory.lock(left)) {
            long records = 0;
            Map<UUID, JournalPosition> known = other.positions();
            for (Segment found : other.recover()) {
                Segment moved = found.movedTo(directory.path());
                known.forEach(positions::putIfAbsent);
                if (moved.records() == 0) {
                    moved.retire();
                } else {
                    records += added(moved);
                }
            }
            other.delete();
            return records;
        } catch (JournalInUseException e) {
            return -1;
        } catch (IOException e) {
            throw new StoreException(
                    "usage records that another process left in " + left + " cannot be taken in: " + reason(e), e);
        } finally {
            reading.unlock();
        }
    }

    /** Called with reading held; how many of its records are not committed yet, as far as is known here. */
    private long added(Segment segment) throws IOException {
        writing.lock();
        try {
            sealed.add(segment);
        } finally {
            writing.unlock();
        }
        long before = passedIn(List.of(segment));
        passed.addAndGet(before);
        return segment.records() - before;
    }

    @Override
    public void commit(UsageBatch batch) {
        reading.lock();
        try {
            positions.put(batch.journal(), batch.to());
            passed.addAndGet(batch.passed());
            // files first: that frees the space which a full disk lacks for the position
            retire();
            directory.write(positions);
            positionFailing = false;
        } catch (IOException e) {
            if (!positionFailing) {
                LOG.log(
                        Level.WARNING,
                        "the position of the usage journal cannot be kept; the database knows it as well",
                        e);
            }
            positionFailing = true;
        } finally {
            reading.unlock();
        }
    }

    /** Removes the segments that have been committed for long enough, and positions of journals without segments. */
    private void retire() throws IOException {
        long now = System.nanoTime();
        for (Segment segment : passedSegments()) {
            Long since = passedSince.putIfAbsent(segment.path(), now);
            if (now - (since == null ? now : since) >= keptNanos) {
                writing.lock();
                try {
                    sealed.remove(segment);
                } finally {
                    writing.unlock();
                }
                passedSince.remove(segment.path());
                passed.addAndGet(-segment.records());
                segment.retire();
            }
        }
        positions.keySet().retainAll(journals());
    }

    private List<Segment> passedSegments() {
        writing.lock();
        try {
            return sealed.stream().filter(s -> s.passed(position(s.journal()))).toList();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public long backlog() {
        // the other way round, records that are committed meanwhile would count as such and not as appended
        long committed = passed.get();
        long all = segments().stream().mapToLong(Segment::records).sum();
        return Math.max(0, all - committed);
    }

    @Override
    public Map<UUID, Extent> extents() {
        reading.lock();
        try {
            Map<UUID, Extent> extents = new LinkedHashMap<>();
            for (Segment segment : segments()) {
                UUID of = segment.journal();
                Extent before = extents.get(of);
                JournalPosition begin = before == null ? new JournalPosition(segment.number(), 0) : before.begin();
                extents.put(of, new Extent(begin, segment.end(), position(of)));
            }
            return extents;
        } finally {
            reading.unlock();
        }
    }

    @Override
    public void close() {
        writing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            writing.unlock();
        }
        syncing.close();
        opener.close();
        directory.close();
    }
}

package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageJournal;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A journal of numbered, append-only segment files in one directory, and a file {@code position} that says up to where they
 * are committed.
 *
 * <p>A process never appends to a file of an earlier one: it begins a new segment, so that what is recovered at the start is
 * read only. Appending threads encode on their own and hold {@code writing} for one write to the kernel; the reader holds
 * {@code reading} and takes {@code writing} only to look at the list of segments. Bytes behind a segment's size are never
 * read, therefore a half-written record is invisible even where it could not be cut off.
 */
public final class FileUsageJournal implements UsageJournal {
    static final long SEGMENT_SIZE = 16L << 20;
    private static final Logger LOG = System.getLogger(FileUsageJournal.class.getName());

    private final JournalDirectory directory;
    private final SegmentFile.Opener opener;
    private final long segmentSize;
    private final GroupSync syncing;

    private final ReentrantLock writing = new ReentrantLock();
    // guarded by writing, as are the four fields below
    private final List<Segment> sealed = new ArrayList<>();
    private Segment active;
    private SegmentFile file;
    private boolean torn;
    private boolean closed;

    private final ReentrantLock reading = new ReentrantLock();
    // guarded by reading, as are the three fields below
    private Position committed;
    private Position polled;
    private long polledOfLast;
    private boolean positionFailing;

    private FileUsageJournal(Path path, Duration sync, SegmentFile.Opener opener, long segmentSize) throws IOException {
        this.directory = JournalDirectory.lock(path);
        try {
            this.opener = opener;
            this.segmentSize = segmentSize;
            this.committed = directory.position();
            this.polled = committed;
            List<Segment> found = directory.recover(committed);
            long last = found.isEmpty()
                    ? committed.segment()
                    : Math.max(committed.segment(), found.getLast().number());
            for (Segment segment : found) {
                if (segment.open() > 0) {
                    sealed.add(segment);
                } else {
                    segment.retire();
                }
            }
            this.active = Segment.created(path, last + 1);
            this.file = opener.open(active.path());
            this.syncing = new GroupSync(path, sync, file);
        } catch (IOException | RuntimeException e) {
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
        return open(directory, sync, SegmentFile::open, SEGMENT_SIZE);
    }

    static FileUsageJournal open(Path directory, Duration sync, SegmentFile.Opener opener, long segmentSize) {
        try {
            return new FileUsageJournal(directory, sync, opener, segmentSize);
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
        Segment next = Segment.created(directory.path(), active.number() + 1);
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

    @Override
    public List<UsageRecord> poll(int max) {
        reading.lock();
        try {
            List<UsageRecord> records = new ArrayList<>();
            for (Segment segment : segments()) {
                if (segment.number() >= committed.segment() && records.size() < max) {
                    long from = segment.number() == committed.segment() ? committed.offset() : 0;
                    long before = records.size();
                    polled = new Position(segment.number(), read(segment, from, max, records));
                    polledOfLast = records.size() - before;
                }
            }
            return records;
        } catch (IOException e) {
            throw new StoreException(
                    "the usage journal in " + directory.path() + " cannot be read: " + reason(e) + "; see its disk", e);
        } finally {
            reading.unlock();
        }
    }

    private static long read(Segment segment, long from, int max, List<UsageRecord> records) throws IOException {
        if (from >= segment.size()) {
            return from;
        }
        try (SegmentReader reader = new SegmentReader(segment.path(), from, segment.size())) {
            while (records.size() < max) {
                ByteBuffer payload = reader.next();
                if (payload == null) {
                    return segment.size();
                }
                decode(payload, records);
            }
            return reader.position();
        }
    }

    private static void decode(ByteBuffer payload, List<UsageRecord> records) {
        try {
            records.add(UsageRecordCodec.decode(payload));
        } catch (IOException e) {
            // sound by its checksum and still no record: said and counted as damage when the file was recovered
            LOG.log(Level.DEBUG, "a frame of the usage journal that holds no record is passed over", e);
        }
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
    public void commit() {
        reading.lock();
        try {
            if (polled.equals(committed)) {
                return;
            }
            List<Segment> done = passed(polled);
            committed = polled;
            // files first: that frees the space which a full disk lacks for the position
            for (Segment segment : done) {
                segment.retire();
            }
            directory.write(committed);
            positionFailing = false;
        } catch (IOException e) {
            if (!positionFailing) {
                LOG.log(
                        Level.WARNING,
                        "the position of the usage journal cannot be kept; after a restart the database is offered some"
                                + " records again, and passes over them",
                        e);
            }
            positionFailing = true;
        } finally {
            reading.unlock();
        }
    }

    /** Takes note of what is committed and gives the segments that are of no more use. */
    private List<Segment> passed(Position to) {
        writing.lock();
        try {
            List<Segment> done = new ArrayList<>();
            for (Segment segment : List.copyOf(sealed)) {
                boolean over = segment.number() < to.segment();
                if (over || segment.number() == to.segment() && to.offset() >= segment.size()) {
                    sealed.remove(segment);
                    done.add(segment);
                }
            }
            sealed.replaceAll(s -> s.number() == to.segment() ? s.without(polledOfLast) : s);
            if (active.number() == to.segment()) {
                active = active.without(polledOfLast);
            }
            return done;
        } finally {
            writing.unlock();
        }
    }

    @Override
    public long backlog() {
        return segments().stream().mapToLong(Segment::open).sum();
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
        directory.close();
    }
}

package io.llmproxy.gateway.audit;

import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.gateway.privacy.Redactor;
import io.llmproxy.gateway.usage.Rounds;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TranscriptStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Brings bodies of requests to the store beside the requests, by one thread. What runs and what waits shares a room of bounded
 * size: where it is full, or the database is away for longer than it lasts, bodies are left out and counted. A killed process loses
 * those that wait; their accounts are in the ledger all the same. Thread-safe, without a lock.
 */
public final class Transcripts implements AutoCloseable {
    static final long ROOM = 64L << 20;
    /** Beside its bytes a recording takes some memory itself. */
    private static final int OWN = 512;

    private static final int AT_ONCE = 32;
    private static final Duration PERIOD = Duration.ofMillis(500);
    private static final Duration BACKOFF = Duration.ofSeconds(2);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);
    private static final Duration FLUSH_BOUND = Duration.ofSeconds(30);
    private static final Logger LOG = System.getLogger(Transcripts.class.getName());

    private final TranscriptStore store;
    private final long room;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final ConcurrentLinkedQueue<Recording> waiting = new ConcurrentLinkedQueue<>();
    private final Rounds rounds = new Rounds(Thread.ofPlatform().daemon().name("request-bodies"), this::round);
    private volatile boolean failing;

    public Transcripts(TranscriptStore store) {
        this(store, ROOM);
    }

    Transcripts(TranscriptStore store, long room) {
        this.store = store;
        this.room = room;
    }

    /** Keeps nothing. */
    public static Transcripts none() {
        return new Transcripts(new Nowhere(), 0);
    }

    private static final class Nowhere implements TranscriptStore {
        @Override
        public void append(List<Transcript> transcripts) {}

        @Override
        public Optional<Transcript> find(UUID tenantId, UUID requestId) {
            return Optional.empty();
        }

        @Override
        public int purge(UUID tenantId, Instant before, int max) {
            return 0;
        }

        @Override
        public int purgeDeleted(int max) {
            return 0;
        }
    }

    public void start() {
        rounds.start();
    }

    /**
     * The recording of a request that begins; null: there is no room for it, which is counted.
     *
     * @param redactor takes private things out before anything is stored; null: it is stored as it was
     */
    public @Nullable Recording begin(UUID tenantId, UUID requestId, @Nullable Redactor redactor) {
        if (!reserve(OWN)) {
            dropped.incrementAndGet();
            return null;
        }
        return new Recording(this, tenantId, requestId, redactor);
    }

    /** The request is over. */
    public void end(Recording recording) {
        waiting.add(recording);
    }

    boolean reserve(int bytes) {
        long now = used.addAndGet(bytes);
        if (now > room && bytes > 0) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    private Duration round() {
        try {
            List<Recording> some = some();
            while (!some.isEmpty()) {
                write(some);
                some = some();
            }
            if (failing) {
                LOG.log(Level.INFO, "event 6712: bodies of requests are written to the database again");
            }
            failing = false;
            return PERIOD;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.log(
                        Level.WARNING,
                        "event 6711: bodies of requests cannot be written to the database; they wait in memory",
                        e);
            }
            failing = true;
            return BACKOFF;
        }
    }

    private List<Recording> some() {
        List<Recording> some = new ArrayList<>();
        for (Recording r : waiting) {
            some.add(r);
            if (some.size() == AT_ONCE) {
                break;
            }
        }
        return some;
    }

    private void write(List<Recording> some) {
        List<Transcript> transcripts = new ArrayList<>();
        for (Recording r : some) {
            transcripts.add(r.transcript());
        }
        try {
            store.append(transcripts);
        } catch (StoreException.Away e) {
            throw e;
        } catch (StoreException e) {
            oneByOne(transcripts);
        }
        some.forEach(this::done);
    }

    /** What the database refuses for good must not hold up what comes behind it. */
    private void oneByOne(List<Transcript> transcripts) {
        for (Transcript t : transcripts) {
            try {
                store.append(List.of(t));
            } catch (StoreException.Away e) {
                throw e;
            } catch (StoreException e) {
                dropped.incrementAndGet();
                LOG.log(
                        Level.WARNING,
                        "event 6713: the bodies of the request `" + t.requestId() + "` cannot be stored",
                        e);
            }
        }
    }

    private void done(Recording recording) {
        waiting.remove();
        used.addAndGet(-(recording.reserved() + OWN));
    }

    /** Blocks until the bodies so far are stored or refused, half a minute at most. */
    public void flush() {
        if (!waiting.isEmpty()) {
            rounds.awaitWhole(FLUSH_BOUND);
        }
    }

    /** Bytes that running and waiting recordings hold. */
    public long used() {
        return used.get();
    }

    /** Requests whose bodies were left out since the start. */
    public long dropped() {
        return dropped.get();
    }

    /** What is wrong and what to do; null: nothing. */
    public @Nullable String fault() {
        long left = dropped.get();
        if (failing) {
            return "bodies of requests cannot be written to the database: they wait in memory, " + (used.get() >> 20)
                    + " of " + (room >> 20) + " MiB, and " + left
                    + " were left out; look at the database and at the log";
        }
        return left == 0
                ? null
                : "bodies of " + left + " requests were left out of the audit since the start, for want of room:"
                        + " fewer tenants with --audit full or redacted, or a faster database, would help";
    }

    @Override
    public void close() {
        rounds.close(CLOSE_BOUND);
        int lost = waiting.size();
        if (lost > 0) {
            LOG.log(
                    Level.WARNING,
                    "event 6713: the database does not take bodies of requests to the end; lost: " + lost);
        }
    }
}

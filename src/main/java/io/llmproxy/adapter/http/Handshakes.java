package io.llmproxy.adapter.http;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The handshakes of a listener that are under way: so many at most. One more takes the place of the oldest that waits for its client, where
 * that has had its time; so whoever opens connections and says nothing keeps nobody out who does. Thread-safe.
 */
final class Handshakes {
    private static final System.Logger LOG = System.getLogger(Handshakes.class.getName());
    /** A round trip around the earth, some times over. */
    private static final long FAIR_NANOS = 1_000_000_000L;
    /** Several times what one holds: a quarter of the heap at most. */
    private static final long HEAP_EACH = 256 << 10;

    private static final int FEWEST = 64;
    private static final int MOST = 4096;

    private final int most;
    /** A handshake takes a thousand times as long as what is done within it. */
    private final Lock lock = new ReentrantLock();
    /** In the order in which they began. */
    private final SequencedSet<Handshake> underWay = new LinkedHashSet<>();

    private final LongAdder refused = new LongAdder();
    private final LongAdder slow = new LongAdder();
    private final LongAdder crowded = new LongAdder();

    Handshakes(int most) {
        this.most = most;
    }

    /** As many as this process has memory for. */
    static int most() {
        return Math.clamp(Runtime.getRuntime().maxMemory() / HEAP_EACH, FEWEST, MOST);
    }

    /** One of them. */
    interface Handshake {
        /** Nanoseconds since its beginning. */
        long age(long nowNanos);

        /** Whether it is the client's turn. */
        boolean waits(long nowNanos);

        /** Ends its connection. */
        void giveUp();
    }

    HandshakeFigures figures() {
        lock.lock();
        try {
            return new HandshakeFigures(underWay.size(), refused.sum(), slow.sum(), crowded.sum());
        } finally {
            lock.unlock();
        }
    }

    /** False: there is no room, and the connection is to be closed. */
    boolean begin(Handshake handshake) {
        Handshake inTheWay = null;
        lock.lock();
        try {
            if (underWay.size() < most) {
                return underWay.add(handshake);
            }
            inTheWay = oldestWaiting(System.nanoTime());
            if (inTheWay != null) {
                underWay.remove(inTheWay);
                underWay.add(handshake);
            }
        } finally {
            lock.unlock();
        }
        crowded.increment();
        LOG.log(
                System.Logger.Level.WARNING,
                "event 6900: " + most + " TLS handshakes are under way; the oldest are closed for new ones");
        if (inTheWay == null) {
            return false;
        }
        inTheWay.giveUp();
        return true;
    }

    /** Looks at few: they stand by age, and whoever waits longer than a moment is soon found. */
    private @Nullable Handshake oldestWaiting(long now) {
        for (Handshake handshake : underWay) {
            if (handshake.age(now) <= FAIR_NANOS) {
                return null;
            }
            if (handshake.waits(now)) {
                return handshake;
            }
        }
        return null;
    }

    private boolean left(Handshake handshake) {
        lock.lock();
        try {
            return underWay.remove(handshake);
        } finally {
            lock.unlock();
        }
    }

    /** It is over, whichever way. */
    void end(Handshake handshake) {
        left(handshake);
    }

    /** It failed by itself. */
    void refused(Handshake handshake) {
        if (left(handshake)) {
            refused.increment();
        }
    }

    /** Ends one that took too long. */
    void giveUp(Handshake handshake) {
        if (left(handshake)) {
            slow.increment();
        }
        handshake.giveUp();
    }
}

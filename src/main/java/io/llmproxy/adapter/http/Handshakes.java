package io.llmproxy.adapter.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
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
    private final Set<Handshake> underWay = ConcurrentHashMap.newKeySet();
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
        return new HandshakeFigures(underWay.size(), refused.sum(), slow.sum(), crowded.sum());
    }

    /** False: there is no room, and the connection is to be closed. */
    boolean begin(Handshake handshake) {
        if (underWay.size() >= most && !makeRoom()) {
            crowded.increment();
            return false;
        }
        underWay.add(handshake);
        return true;
    }

    private boolean makeRoom() {
        LOG.log(
                System.Logger.Level.WARNING,
                "event 6900: " + most + " TLS handshakes are under way; the oldest are closed for new ones");
        long now = System.nanoTime();
        Handshake oldest = oldestWaiting(now);
        if (oldest == null) {
            return false;
        }
        if (underWay.remove(oldest)) {
            crowded.increment();
            oldest.giveUp();
        }
        return true;
    }

    private @Nullable Handshake oldestWaiting(long now) {
        Handshake oldest = null;
        long age = FAIR_NANOS;
        for (Handshake handshake : underWay) {
            long its = handshake.age(now);
            if (its > age && handshake.waits(now)) {
                oldest = handshake;
                age = its;
            }
        }
        return oldest;
    }

    /** It is over, whichever way. */
    void end(Handshake handshake) {
        underWay.remove(handshake);
    }

    /** It failed by itself. */
    void refused(Handshake handshake) {
        if (underWay.remove(handshake)) {
            refused.increment();
        }
    }

    /** Ends one that took too long. */
    void giveUp(Handshake handshake) {
        if (underWay.remove(handshake)) {
            slow.increment();
        }
        handshake.giveUp();
    }
}

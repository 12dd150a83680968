package io.llmproxy;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Looks after the service for a process that leaves, when its successor has died: whether that had started one in its turn, which goes on.
 * Process ids are told nothing of by systems that hide processes from each other; the locks of the data directory are.
 */
final class HeirWatch {
    private static final Logger LOG = System.getLogger(HeirWatch.class.getName());
    /** In which a process that was started must have come to its place. */
    static final Duration COMING = Duration.ofSeconds(20);

    private static final long LOOK_MILLIS = 200;

    private final Heirs heirs;
    private final BooleanSupplier followed;
    private final BooleanSupplier over;
    private final Duration coming;

    /**
     * @param followed whether somebody answers on the admin socket
     * @param over whether nobody need look after it any more
     */
    HeirWatch(Heirs heirs, BooleanSupplier followed, BooleanSupplier over, Duration coming) {
        this.heirs = heirs;
        this.followed = followed;
        this.over = over;
        this.coming = coming;
    }

    /** Returns when that process has been followed or has ended; true: nobody is left. Blocks for as long as there is hope. */
    boolean left(long dead) throws InterruptedException {
        if (followed.getAsBoolean()) {
            return false;
        }
        try {
            long heir = heirs.heirOf(dead);
            if (heir == Heirs.NOBODY) {
                return true;
            }
            LOG.log(
                    Level.WARNING,
                    "event 6901: process " + dead + ", which had taken over, ended while its successor, process " + heir
                            + ", was starting; that one goes on");
            return lost(heir);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the places of the data directory cannot be read", e);
            return !followed.getAsBoolean();
        }
    }

    private boolean lost(long heir) throws IOException, InterruptedException {
        long latest = System.nanoTime() + coming.toNanos();
        boolean came = false;
        while (!over.getAsBoolean()) {
            boolean present = heirs.present(heir);
            if (!present && (came || System.nanoTime() > latest)) {
                return !followed.getAsBoolean();
            }
            came |= present;
            Thread.sleep(LOOK_MILLIS);
        }
        return false;
    }
}

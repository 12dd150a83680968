package io.llmproxy;

import io.llmproxy.runtime.Periodic;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Notices that the machine's clock jumped, by the counter of nanoseconds, which does not. */
final class ClockWatch implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ClockWatch.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final Duration JUMP = Duration.ofSeconds(5);
    /** How long a jump is told among the problems. */
    private static final Duration TOLD = Duration.ofMinutes(15);

    private final InstantSource clock;
    private final LongSupplier nanos;
    private final Periodic rounds;
    // of the thread of the rounds alone, as is the next one
    private Instant lastTime;
    private long lastNanos;
    private volatile @Nullable Jump jump;

    private record Jump(Duration by, long atNanos) {}

    ClockWatch(InstantSource clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.lastTime = clock.instant();
        this.lastNanos = nanos.getAsLong();
        this.rounds = new Periodic(
                Thread.ofVirtual().name("clock-watch"),
                PERIOD,
                this::look,
                "whether the clock jumps cannot be told; tried again");
    }

    void start() {
        rounds.start();
    }

    void look() {
        Instant time = clock.instant();
        long now = nanos.getAsLong();
        Duration by = Duration.between(lastTime, time).minusNanos(now - lastNanos);
        lastTime = time;
        lastNanos = now;
        if (by.abs().compareTo(JUMP) > 0) {
            jump = new Jump(by, now);
            LOG.log(Level.WARNING, "event 6704: " + sentence(by));
        }
    }

    private static String sentence(Duration by) {
        return "the machine's clock jumped by " + by.toSeconds() + " s"
                + "; limits of a day or month, expiry and the ledger follow it: look at its time service, `timedatectl`";
    }

    /** What is wrong and what to do; null: the clock did not jump of late. */
    @Nullable
    String fault() {
        Jump last = jump;
        return last == null || nanos.getAsLong() - last.atNanos > TOLD.toNanos() ? null : sentence(last.by);
    }

    @Override
    public void close() {
        rounds.close();
    }
}

package io.llmproxy.adapter.http;

import java.io.IOException;
import java.time.Duration;

/**
 * A port on which this process listens, maybe beside another one of the same user: which of the two new connections come to. Thread-safe;
 * what the kernel refuses is logged and goes on without.
 */
public final class SharedPort {
    private static final System.Logger LOG = System.getLogger(SharedPort.class.getName());
    /** For connections whose handshake was under way when they were given to the other process. */
    private static final Duration HANDSHAKES = Duration.ofSeconds(1);

    /** Some more than that, and than requests of administration may take when their listener closes. */
    private static final Duration ALONE = Duration.ofSeconds(8);

    private final int port;
    /** Whether another process listens there too, which goes on where this one fails. */
    private volatile boolean onTrial;

    /** @param port that is listened on already */
    public SharedPort(int port) {
        this.port = port;
    }

    /** Another process listens there and goes on to get new connections, until {@link #takeOver}. */
    public void beside() {
        onTrial = true;
        steer(NewestFirst::off);
    }

    /** New connections come to this process alone from now on, and back to the one before where it {@linkplain #giveBack fails}. */
    public void takeOver() {
        if (onTrial) {
            steer(NewestFirst::on);
        }
    }

    /** What was taken over is kept. */
    public void settled() {
        onTrial = false;
    }

    /** Before the port is closed: where it was not settled the other process has it again, and returns when nothing more comes to this one. */
    public void giveBack() {
        if (onTrial) {
            onTrial = false;
            steer(NewestFirst::off);
            acceptWhatComes();
        }
    }

    /**
     * Waits until the process before this one has closed the port, since of three that listen the kernel would not know the newest; for
     * some seconds at most.
     */
    public void awaitAlone() throws InterruptedException {
        long end = System.nanoTime() + ALONE.toNanos();
        while (NewestFirst.listeners(port) > 1 && System.nanoTime() < end) {
            Thread.sleep(20);
        }
    }

    /** Returns when connections that the kernel has for this process already, though new ones go to the other, have been accepted. */
    public static void acceptWhatComes() {
        try {
            Thread.sleep(HANDSHAKES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Something about a port that may fail. */
    @FunctionalInterface
    private interface Steering {
        void steer(int port) throws IOException;
    }

    private void steer(Steering steering) {
        try {
            steering.steer(port);
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "event 6829: the kernel does not let new connections be given to one process alone while two listen;"
                            + " some may be reset when one closes",
                    e);
        }
    }
}

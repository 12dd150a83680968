package io.llmproxy.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Requests at a fixed rate, whatever the answers do: each is due at its time, waits for a free connection if need be, and its
 * latency counts from when it was due. So a stall of the server costs every request that fell into it, as it would users.
 */
public final class OpenLoop {
    private static final Duration CONNECTING = Duration.ofSeconds(10);
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(10);

    /**
     * @param rate requests per second
     * @param warmUp load that is not measured, before {@code length}
     */
    public record Plan(Target target, String body, int rate, int connections, Duration warmUp, Duration length) {}

    private final Plan plan;
    private final byte[] request;
    private final long interval;
    private final long total;
    private final LinkedBlockingQueue<Caller> idle = new LinkedBlockingQueue<>();
    private final Report.Times times = new Report.Times();
    private final Faults faults = new Faults();
    private long measuredFrom;
    private long measured;
    private long lastAnswer;
    private long over;
    private int alive;

    public OpenLoop(Plan plan) {
        this.plan = plan;
        request = plan.target().request(plan.body());
        interval = 1_000_000_000L / plan.rate();
        total = plan.warmUp().plus(plan.length()).toNanos() / interval;
    }

    /** A chat request of about 500 bytes. */
    public static String chat(String model) {
        return Order.PLAIN.chat(model);
    }

    public Report run() throws IOException {
        try (Links links = new Links()) {
            for (int i = 0; i < plan.connections(); i++) {
                new Caller(links);
            }
            links.turnUntil(() -> idle.size() + faults.count() >= plan.connections(), CONNECTING);
            if (!idle.isEmpty()) {
                load(links);
            }
        }
        return report();
    }

    private void load(Links links) throws IOException {
        long start = System.nanoTime();
        measuredFrom = start + plan.warmUp().toNanos();
        Thread pacer = Thread.ofPlatform().name("bench-pacer").daemon().start(() -> pace(start));
        try {
            Duration limit = plan.warmUp().plus(plan.length()).plus(LAST_ANSWERS);
            links.turnUntil(() -> over >= total || alive == 0, limit);
        } finally {
            pacer.interrupt();
        }
        faults.missing(total - over, "no answer within " + LAST_ANSWERS.toSeconds() + " s after the end");
    }

    private void pace(long start) {
        for (long i = 0; i < total; i++) {
            long due = start + i * interval;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
                if (Thread.interrupted()) {
                    return;
                }
            }
            Caller caller = free();
            if (caller == null) {
                return;
            }
            caller.call(due);
        }
    }

    private @Nullable Caller free() {
        try {
            return idle.poll(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            return null;
        }
    }

    private Report report() {
        double seconds = Math.max(1, lastAnswer - measuredFrom) / 1e9;
        return new Report("load")
                .put("rate", plan.rate())
                .put("connections", plan.connections())
                .put("answers", measured)
                .put("rps", measured / seconds)
                .percentiles("", times.histogram())
                .faults(faults);
    }

    /** A connection with one request at a time. */
    private final class Caller extends Link {
        private final Links links;
        private boolean there;
        private volatile boolean busy;
        private volatile long due;

        Caller(Links links) throws IOException {
            super(links, plan.target());
            this.links = links;
            alive++;
        }

        void call(long due) {
            this.due = due;
            busy = true;
            send(request);
        }

        @Override
        void connected() {
            there = true;
            idle.add(this);
        }

        @Override
        void answered(int status) {
            count(status);
            busy = false;
            if (isOpen()) {
                idle.add(this);
            } else {
                again();
            }
        }

        private void count(int status) {
            over++;
            lastAnswer = System.nanoTime();
            if (status != 200) {
                faults.add("status " + status);
            } else if (due - measuredFrom >= 0) {
                measured++;
                times.add(lastAnswer - due);
            }
        }

        @Override
        void failed(IOException why) {
            faults.add(why);
            if (busy) {
                over++;
            }
            idle.remove(this);
            if (there) {
                again();
            } else {
                alive--;
            }
        }

        /** Another connection in the place of this one, which was good until it ended. */
        private void again() {
            alive--;
            try {
                new Caller(links);
            } catch (IOException e) {
                faults.add(e);
            }
        }
    }
}

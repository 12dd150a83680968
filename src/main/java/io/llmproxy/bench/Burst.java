package io.llmproxy.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** Opens many keep-alive connections, lets them be idle for a while, then sends one request on each. */
public final class Burst {
    /** So few that no listener's queue of new connections runs over. */
    private static final int CONNECTING_AT_ONCE = 256;

    /**
     * @param hold how long all are idle before the first request
     * @param atOnce how many requests are under way at most
     * @param patience for the connections to be there, and then for the answers
     */
    public record Plan(
            String mode, Target target, String body, int connections, Duration hold, int atOnce, Duration patience) {
        /** 10,000 clients that keep a connection and say nothing. */
        public static Plan idle(Target target, String model, int connections, Duration hold) {
            return new Plan("idle", target, Order.PLAIN.chat(model), connections, hold, 64, Duration.ofMinutes(1));
        }

        /** Many requests at once on an upstream that takes its time. */
        public static Plan waiting(Target target, String model, int requests, Duration delay) {
            return new Plan(
                    "wait",
                    target,
                    Order.wait(delay).chat(model),
                    requests,
                    Duration.ZERO,
                    requests,
                    delay.plusMinutes(1));
        }
    }

    private final Plan plan;
    private final byte[] request;
    private final Deque<Caller> open = new ArrayDeque<>();
    private final Report.Times times = new Report.Times();
    private final Faults faults = new Faults();
    private int begun;
    private int connected;
    private int lost;
    private int sent;
    private int over;

    public Burst(Plan plan) {
        this.plan = plan;
        request = plan.target().request(plan.body());
    }

    public Report run() throws IOException {
        try (Links links = new Links()) {
            long start = System.nanoTime();
            connect(links);
            long there = System.nanoTime();
            links.turnUntil(() -> false, plan.hold());
            long first = System.nanoTime();
            send(links);
            return report(there - start, System.nanoTime() - first);
        }
    }

    private void connect(Links links) throws IOException {
        long end = System.nanoTime() + plan.patience().toNanos();
        while (connected + lost < plan.connections() && System.nanoTime() - end < 0) {
            while (begun < plan.connections() && begun - connected - lost < CONNECTING_AT_ONCE) {
                begun++;
                new Caller(links);
            }
            links.turn(50);
        }
        faults.missing(plan.connections() - connected - lost, "not connected in time");
    }

    private void send(Links links) throws IOException {
        int due = open.size();
        next();
        links.turnUntil(() -> over >= due, plan.patience());
        faults.missing(due - over, "no answer within " + plan.patience().toSeconds() + " s");
    }

    private void next() {
        while (sent - over < plan.atOnce() && !open.isEmpty()) {
            sent++;
            open.remove().call();
        }
    }

    private Report report(long connecting, long answering) {
        return new Report(plan.mode())
                .put("connections", connected)
                .put("connecting_ms", connecting / 1e6)
                .put("answers", times.histogram().getTotalCount())
                .put("answering_ms", answering / 1e6)
                .percentiles("", times.histogram())
                .faults(faults);
    }

    /** A connection that is used once. */
    private final class Caller extends Link {
        private boolean there;
        private boolean called;
        private long from;

        Caller(Links links) throws IOException {
            super(links, plan.target());
        }

        void call() {
            called = true;
            from = System.nanoTime();
            send(request);
        }

        @Override
        void connected() {
            there = true;
            connected++;
            open.add(this);
        }

        @Override
        void answered(int status) {
            over++;
            if (status == 200) {
                times.add(System.nanoTime() - from);
            } else {
                faults.add("status " + status);
            }
            next();
        }

        @Override
        void failed(IOException why) {
            faults.add(why);
            if (!there) {
                lost++;
            }
            if (called) {
                over++;
                next();
            } else {
                open.remove(this);
            }
        }
    }
}

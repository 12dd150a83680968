package io.llmproxy.gateway.proof;

import io.llmproxy.gateway.Gateway;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** The clients of the sandbox: they send until all that was planned is sent and the limit is used up. */
final class Load {
    private static final long STAYS = Long.MAX_VALUE;

    private final Gateway gateway;
    private final String secret;
    private final Plan plan;
    private final BooleanSupplier reached;
    private final Counts counts;
    private final AtomicInteger left;

    /**
     * How much is sent.
     *
     * @param requests at least, where there is the time
     * @param parallel how many clients there are
     * @param budget whether what is used stays used
     * @param end after which no more requests are sent, as {@link System#nanoTime} tells it
     */
    record Plan(int requests, int parallel, boolean budget, long end) {}

    /** How requests ended. Thread-safe. */
    static final class Counts {
        private final AtomicLong answered = new AtomicLong();
        private final AtomicLong refused = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();

        private void add(ProofSink sink) {
            (sink.answered() ? answered : sink.refused() ? refused : failed).incrementAndGet();
        }

        LimitProofReport report(long milliseconds, List<LimitProofReport.OfLimit> limits) {
            return new LimitProofReport(answered.get(), refused.get(), failed.get(), milliseconds, limits);
        }
    }

    /** @param reached whether the limit has refused anybody */
    Load(Gateway gateway, String secret, Plan plan, BooleanSupplier reached, Counts counts) {
        this.gateway = gateway;
        this.secret = secret;
        this.plan = plan;
        this.reached = reached;
        this.counts = counts;
        this.left = new AtomicInteger(plan.requests());
    }

    /** Blocks until the last client is done. An interrupt ends it early. */
    void run() {
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < plan.parallel(); i++) {
            Random random = new Random(i);
            clients.add(Thread.ofVirtual().name("proof").start(() -> send(random)));
        }
        for (Thread client : clients) {
            try {
                client.join();
            } catch (InterruptedException e) {
                clients.forEach(Thread::interrupt);
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void send(Random random) {
        boolean refused = false;
        while (inTime() && (left.getAndDecrement() > 0 || !done(refused))) {
            String model = random.nextInt(4) == 0 ? Sandbox.FAILING : "simulated/" + Sandbox.MODEL;
            ProofSink sink = new ProofSink(random.nextInt(10) == 0 ? random.nextInt(400) : STAYS);
            gateway.serve(new ProofRequest(secret, model, 1 + random.nextInt(40), random.nextBoolean()), sink);
            counts.add(sink);
            refused = sink.refused();
        }
    }

    private boolean inTime() {
        return System.nanoTime() - plan.end() < 0 && !Thread.currentThread().isInterrupted();
    }

    /** A budget is at its end where each client has been refused in the end; of those that run at one time the last never is. */
    private boolean done(boolean refused) {
        return plan.budget() ? refused : reached.getAsBoolean();
    }
}

package io.llmproxy.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Many SSE streams at once from the paced upstream: how long each chunk was on its way, and which did not come. */
public final class Streams {
    /** Over which the streams begin, so that their chunks do not all come at the same moment. */
    private static final Duration RAMP = Duration.ofSeconds(1);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /**
     * @param rate chunks per second of each stream
     * @param warmUp chunks that are sent before this is over count, but their delay does not
     * @param length of each stream, warm-up included
     */
    public record Plan(Target target, String model, int streams, int rate, Duration warmUp, Duration length) {}

    private final Plan plan;
    private final Order order;
    private final byte[] request;
    private final List<Listener> listeners = new ArrayList<>();
    private final Report.Times delays = new Report.Times();
    private final Faults faults = new Faults();
    private long measuredFrom;
    private int over;

    public Streams(Plan plan) {
        this.plan = plan;
        order = Order.stream(plan.rate(), plan.length());
        request = plan.target().request(order.chat(plan.model()));
    }

    public Report run() throws IOException {
        try (Links links = new Links()) {
            measuredFrom = System.nanoTime() + plan.warmUp().toNanos();
            begin(links);
            links.turnUntil(() -> over >= plan.streams(), plan.length().plus(PATIENCE));
        }
        faults.missing(plan.streams() - over, "a stream without an end");
        return report();
    }

    private void begin(Links links) throws IOException {
        long start = System.nanoTime();
        long gap = RAMP.toNanos() / plan.streams();
        while (listeners.size() < plan.streams()) {
            if (System.nanoTime() - start >= gap * listeners.size()) {
                listeners.add(new Listener(links));
                links.turn(0);
            } else {
                links.turn(1);
            }
        }
    }

    private Report report() {
        return new Report("stream")
                .put("streams", plan.streams())
                .put("rate", plan.rate())
                .put("chunks", sum(ChunkCount::received))
                .fault("lost", sum(ChunkCount::lost))
                .fault("duplicated", sum(ChunkCount::duplicated))
                .fault("reordered", sum(ChunkCount::reordered))
                .percentiles("delay_", delays.histogram())
                .faults(faults);
    }

    private long sum(java.util.function.ToLongFunction<ChunkCount> figure) {
        return listeners.stream().mapToLong(l -> figure.applyAsLong(l.chunks)).sum();
    }

    /** One stream. */
    private final class Listener extends Link implements ChunkText.Events {
        private final ChunkCount chunks = new ChunkCount(order.chunks());
        private final ChunkText text = new ChunkText(this);
        private boolean done;

        Listener(Links links) throws IOException {
            super(links, plan.target());
        }

        @Override
        void connected() {
            send(request);
        }

        @Override
        void received(ByteBuffer part) {
            text.add(part);
        }

        @Override
        public void chunk(int number, long sentNanos) {
            chunks.add(number);
            if (sentNanos - measuredFrom >= 0) {
                delays.add(System.nanoTime() - sentNanos);
            }
        }

        @Override
        public void done() {
            done = true;
        }

        @Override
        void answered(int status) {
            over++;
            if (status != 200) {
                faults.add("status " + status);
            } else if (!done) {
                faults.add("a stream that ended without [DONE]");
            }
        }

        @Override
        void failed(IOException why) {
            over++;
            faults.add(why);
        }
    }
}

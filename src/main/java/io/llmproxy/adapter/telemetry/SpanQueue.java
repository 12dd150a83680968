package io.llmproxy.adapter.telemetry;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Spans that wait for the collector, at most {@code capacity}; one virtual thread sends them in batches. A request only adds to a
 * queue, without a lock: where the collector is away or slow the queue fills up, and what comes then is dropped and counted. A batch
 * that was not taken is sent again at growing intervals until it is, as what comes meanwhile has room or has none; one that the
 * collector refuses for what it is, is not. Thread-safe.
 */
final class SpanQueue implements SpanProcessor, AutoCloseable {
    static final int BATCH = 512;

    private static final Logger LOG = System.getLogger(SpanQueue.class.getName());
    private static final Duration PERIOD = Duration.ofMillis(500);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(10);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(2);

    private final SpanExporter exporter;
    private final int capacity;
    private final Duration timeout;
    private final Pauses pauses;
    private final Queue<ReadableSpan> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final LongAdder exported = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Thread thread = Thread.ofVirtual().name("span-exporter").unstarted(this::run);
    private volatile boolean closing;
    /** Why the last batch was not taken; null: it was. */
    private volatile @Nullable String failing;

    /**
     * Between two attempts.
     *
     * @param first twice as long each time
     * @param last no longer than this
     */
    record Pauses(Duration first, Duration last) {
        Duration after(Duration pause) {
            Duration doubled = pause.multipliedBy(2);
            return doubled.compareTo(last) > 0 ? last : doubled;
        }
    }

    private enum Sent {
        TAKEN,
        /** It may be taken later. */
        NOT_NOW,
        NEVER
    }

    /** @param timeout after which a batch counts as not taken */
    SpanQueue(SpanExporter exporter, int capacity, Duration timeout) {
        this(exporter, capacity, timeout, new Pauses(PERIOD, LAST_PAUSE));
    }

    SpanQueue(SpanExporter exporter, int capacity, Duration timeout, Pauses pauses) {
        this.exporter = exporter;
        this.capacity = capacity;
        this.timeout = timeout;
        this.pauses = pauses;
    }

    void start() {
        thread.start();
    }

    /** Spans that wait. */
    int size() {
        return size.get();
    }

    /** Spans that the collector took. */
    long exported() {
        return exported.sum();
    }

    /** Spans that found no room. */
    long dropped() {
        return dropped.sum();
    }

    /** Spans that the collector refused, or had not taken when this was closed. */
    long failed() {
        return failed.sum();
    }

    /** What is wrong and what to do; null: the last batch was taken. */
    @Nullable
    String fault() {
        String cause = failing;
        return cause == null
                ? null
                : "the collector of traces takes no spans" + cause + "; requests go on, " + size()
                        + " spans wait, and are dropped beyond " + capacity + ": look at the collector and at tracing";
    }

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isEndRequired() {
        return true;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (!span.getSpanContext().isSampled()) {
            return;
        }
        int now = size.incrementAndGet();
        if (now > capacity) {
            size.decrementAndGet();
            dropped.increment();
            return;
        }
        waiting.add(span);
        if (now % BATCH == 0) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closing) {
            LockSupport.parkNanos(this, PERIOD.toNanos());
            while (size.get() > 0 && !closing) {
                send();
            }
        }
        while (size.get() > 0 && !Thread.currentThread().isInterrupted()) {
            send();
        }
    }

    /** One batch, until it is taken, refused, or this is closed. */
    private void send() {
        List<SpanData> batch = new ArrayList<>(BATCH);
        for (ReadableSpan span; batch.size() < BATCH && (span = waiting.poll()) != null; ) {
            batch.add(span.toSpanData());
        }
        Duration pause = pauses.first();
        Sent sent = sent(batch);
        while (sent == Sent.NOT_NOW && !closing) {
            rest(pause);
            pause = pauses.after(pause);
            sent = sent(batch);
        }
        if (sent != Sent.TAKEN) {
            failed.add(batch.size());
        }
        // what is on its way takes room, too
        size.addAndGet(-batch.size());
    }

    /** Those who fill the queue wake the thread: they shall not make it try sooner. */
    private void rest(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        for (long left = pause.toNanos(); left > 0 && !closing; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private Sent sent(List<SpanData> batch) {
        boolean success;
        @Nullable Throwable cause;
        try {
            CompletableResultCode result = exporter.export(batch).join(timeout.toMillis(), TimeUnit.MILLISECONDS);
            success = result.isSuccess();
            cause = result.getFailureThrowable();
        } catch (RuntimeException e) {
            cause = e;
            success = false;
        }
        if (success) {
            exported.add(batch.size());
        }
        // the exporter wraps it
        @Nullable Throwable told = cause == null || cause.getCause() == null ? cause : cause.getCause();
        told(success, told);
        boolean never = told instanceof CollectorRefusal refusal && refusal.lasting();
        return success ? Sent.TAKEN : never ? Sent.NEVER : Sent.NOT_NOW;
    }

    /** Once when it begins to fail, and once when it works again. */
    private void told(boolean success, @Nullable Throwable cause) {
        String reason = cause == null || cause.getMessage() == null ? "" : "; " + cause.getMessage();
        if (success && failing != null) {
            LOG.log(Level.INFO, "event 6512: the collector of traces takes spans again");
        } else if (!success && failing == null && !closing) {
            LOG.log(
                    Level.WARNING,
                    "event 6511: the collector of traces takes no spans; requests go on, spans wait and are dropped beyond "
                            + capacity + " (metric llmproxy_trace_spans_total); see tracing.endpoint"
                            + reason);
        }
        failing = success ? null : reason.replaceFirst("^; ", ": ");
    }

    @Override
    public CompletableResultCode shutdown() {
        close();
        return exporter.shutdown();
    }

    /** Sends what waits, two seconds at most. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(CLOSE_BOUND)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

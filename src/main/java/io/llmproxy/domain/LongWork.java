package io.llmproxy.domain;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Plain work for a processor that a request waits for and that takes many milliseconds, as the redaction or translation of a body of
 * megabytes. A virtual thread keeps its carrier until it blocks, so a few of those would hold up all other requests; a thread of
 * the system has its processor taken from it when others want it. Half of the processors, at least one, do it, so that of many such
 * bodies each waits for its turn. Thread-safe; the threads end when there is nothing to do.
 */
public final class LongWork {
    /** What has fewer bytes is done in a few milliseconds, where the handing over would only cost. */
    static final int SHORT = 128 * 1024;

    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    private static final int IDLE_SECONDS = 10;
    /** Of the process, as carriers are. */
    private static final ThreadPoolExecutor WORKERS = workers();

    private LongWork() {}

    private static ThreadPoolExecutor workers() {
        ThreadPoolExecutor workers = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("long-work-", 0).factory());
        workers.allowCoreThreadTimeOut(true);
        return workers;
    }

    /**
     * What the work comes to, on whichever thread; waits for its turn, and is not interrupted.
     *
     * @param bytes that it works on
     * @param work nothing of its thread is seen by it: no scoped value, no interrupt
     * @throws RuntimeException as the work does
     */
    public static <T> T on(long bytes, Supplier<T> work) {
        if (bytes < SHORT || !Thread.currentThread().isVirtual()) {
            return work.get();
        }
        try {
            return CompletableFuture.supplyAsync(work, WORKERS).join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException own -> throw own;
                case Error own -> throw own;
                case null, default -> throw e;
            }
        }
    }
}

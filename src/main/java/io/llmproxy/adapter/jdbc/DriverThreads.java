package io.llmproxy.adapter.jdbc;

import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs calls of the drivers on platform threads, as many as there are connections in use, and waits for their end.
 *
 * <p>H2 spins while it waits for a transaction that is just ending. A virtual thread that spins keeps its carrier to itself;
 * with one processor that is the only one, the transaction never ends, and the whole process stands still. A platform thread
 * that spins is put aside by the operating system.
 *
 * <p>Also keeps the caller's interrupt away from the drivers and gives it back afterwards: H2 swallows it, and a virtual
 * thread's socket closes at it. Calls are bounded by the timeouts of pool and drivers instead.
 */
final class DriverThreads {
    private static final int IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().name("database-", 0).daemon().factory());

    /** A call of a driver. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws SQLException;
    }

    /** What the call returns or throws. */
    <T> T run(Call<T> call) throws SQLException {
        Callable<T> task = call::run;
        Future<T> running = threads.submit(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return running.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw failure(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs the call here: what may wait for a connection, but for no other transaction. */
    static <T> T here(Call<T> call) throws SQLException {
        boolean interrupted = Thread.interrupted();
        try {
            return call.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static SQLException failure(ExecutionException e) {
        return switch (e.getCause()) {
            case SQLException refused -> refused;
            case RuntimeException fault -> throw fault;
            case Error fault -> throw fault;
            case null, default -> throw new IllegalStateException(e);
        };
    }
}

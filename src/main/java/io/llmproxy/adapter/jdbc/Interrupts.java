package io.llmproxy.adapter.jdbc;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

/**
 * Keeps a thread's interrupt away from the drivers and gives it back afterwards: H2 swallows it, and a virtual thread's
 * socket closes at it. Calls are bounded by the timeouts of pool and drivers instead.
 */
final class Interrupts {
    private Interrupts() {}

    /** A call of a driver. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws SQLException;
    }

    static <T> T aside(Call<T> call) throws SQLException {
        boolean interrupted = Thread.interrupted();
        try {
            return call.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs the call on a thread of its own and waits for its end, so that an interrupt that comes meanwhile is kept. */
    static <T> T elsewhere(Call<T> call) throws SQLException {
        FutureTask<T> task = new FutureTask<>(call::run);
        Thread thread = Thread.ofVirtual().name("database-sync").start(task);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return result(task);
    }

    private static <T> T result(FutureTask<T> task) throws SQLException {
        return switch (task.state()) {
            case SUCCESS -> task.resultNow();
            case FAILED -> {
                Throwable failure = task.exceptionNow();
                throw failure instanceof SQLException e ? e : new SQLException(failure.getMessage(), failure);
            }
            case RUNNING, CANCELLED -> throw new IllegalStateException("nobody cancels it");
        };
    }
}
